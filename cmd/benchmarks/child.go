package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// child is a server in a process of its own.
type child struct {
	url  string // scheme, host and port
	stop func()
}

func (c child) addr() string { return strings.TrimPrefix(c.url, "http://") }

// start starts a server that prints its URL at the end of its first line.
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
	go func() { _, _ = io.Copy(io.Discard, lines) }() // what else it prints must not make it wait
	return child{strings.TrimSpace(first[at:]), stop}, nil
}
