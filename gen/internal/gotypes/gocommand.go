package gotypes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// environment returns the environment for go commands: that of the process
// without -mod=mod, which lets them write to go.mod.
func environment(ctx context.Context, dir string) ([]string, error) {
	env := os.Environ()
	values, err := goCommand(ctx, dir, env, "env", "GOFLAGS", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	flags, cache, _ := strings.Cut(values, "\n")
	if strings.TrimSpace(cache) == "" {
		return nil, errors.New("the go command has no module cache, because neither HOME, GOPATH nor GOMODCACHE is set; set one of them")
	}
	if strings.Contains(flags, "-mod=mod") {
		// GOFLAGS must not become empty: the go command would then use the
		// value set by go env -w.
		flags = strings.ReplaceAll(strings.TrimSpace(flags), "-mod=mod", "-buildvcs=false")
		env = append(env, "GOFLAGS="+flags)
	}
	return env, nil
}

// goCommand runs the go command in dir. Its error is the go command's output in
// one line.
func goCommand(ctx context.Context, dir string, env []string, args ...string) (stdout string, err error) {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the schema's import paths have been checked
	cmd.Dir, cmd.Env = dir, env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%w; add the folder of the go command to PATH", err)
	}
	if text := oneLine(stderr.String()); err != nil && text != "" {
		err = errors.New(text)
	}
	return string(out), err
}

// trouble returns an error of packages.Load without the prefix that precedes
// the go command's output.
func trouble(err error) error {
	if _, text, ok := strings.Cut(oneLine(err.Error()), "stderr: "); ok {
		return errors.New(text)
	}
	return err
}
