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
// without -mod=mod, which lets them write to go.mod. It also reports whether
// the go command finds a module or a workspace.
func environment(ctx context.Context, dir string) (env []string, inModule bool, err error) {
	env = os.Environ()
	values, err := goCommand(ctx, dir, env, "env", "GOFLAGS", "GOMODCACHE", "GOMOD", "GOWORK")
	if err != nil {
		return nil, false, err
	}
	lines := strings.Split(values, "\n")
	if len(lines) < 4 {
		return nil, false, fmt.Errorf("go env prints %q, not four lines; update Go", values)
	}
	flags, cache, module, workspace := lines[0], lines[1], lines[2], lines[3]
	if strings.TrimSpace(cache) == "" {
		return nil, false, errors.New("the go command has no module cache, because neither HOME, GOPATH nor GOMODCACHE is set; set one of them")
	}
	if strings.Contains(flags, "-mod=mod") {
		// GOFLAGS must not become empty: the go command would then use the
		// value set by go env -w.
		flags = strings.ReplaceAll(strings.TrimSpace(flags), "-mod=mod", "-buildvcs=false")
		env = append(env, "GOFLAGS="+flags)
	}
	workspace = strings.TrimSpace(workspace)
	return env, strings.TrimSpace(module) != os.DevNull || workspace != "" && workspace != "off", nil
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
