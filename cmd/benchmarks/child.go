package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// child is a server in its own process.
type child struct {
	url  string // scheme, host and port
	stop func()
}

func (c child) addr() string { return strings.TrimPrefix(c.url, "http://") }

// start starts a server whose first line of output ends with its URL.
func start(ctx context.Context, program, stdin string, args ...string) (child, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // a program that was built here
	cmd.Stdin = strings.NewReader(stdin)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return child{}, fmt.Errorf("start %s: %w", program, err)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return child{}, fmt.Errorf("start: %w", err)
	}
	stop := func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	at := strings.Index(first, "http://")
	if err != nil || at < 0 {
		stop()
		return child{}, fmt.Errorf("%s printed %q instead of its URL", program, first)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // unread output would block the server
	return child{strings.TrimSpace(first[at:]), stop}, nil
}
