package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// bench is the state that all measurements share: a folder for built programs
// and output, and the thoroughness.
type bench struct {
	dir   string // absolute
	quick bool
	log   io.Writer

	before string // an earlier depgen to compare with; empty without one

	pythonReady bool
}

func newBench(quick bool, log io.Writer) (*bench, error) {
	if _, err := os.Stat("cmd/benchmarks/go.mod"); err != nil {
		return nil, errors.New("the working directory is not the repository's root: change into it")
	}
	dir, err := os.MkdirTemp("", "depgen-benchmarks-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	return &bench{dir: dir, quick: quick, log: log}, nil
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) } // the system deletes leftover temporary files

// pick returns quick in a quick run, and full otherwise. A quick run only shows
// that everything works.
func (b *bench) pick(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// buildOwn builds a program of this workspace and returns its path.
func (b *bench) buildOwn(ctx context.Context, pkg string) (string, error) {
	return b.build(ctx, ".", nil, "./"+pkg)
}

// buildPeer builds a program of the module in the folder peers and returns
// its path.
func (b *bench) buildPeer(ctx context.Context, pkg string) (string, error) {
	return b.build(ctx, "cmd/benchmarks/peers", []string{"GOWORK=off"}, pkg)
}

func (b *bench) build(ctx context.Context, dir string, env []string, pkg string) (string, error) {
	fmt.Fprintf(b.log, "building %s\n", pkg)
	program := filepath.Join(b.dir, filepath.Base(pkg))
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, pkg) //nolint:gosec // a package that is named here
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	return program, execute(cmd)
}

// execute runs a command whose output matters only if it fails.
func execute(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// folder makes a folder with the given files, by name, and returns its path.
func (b *bench) folder(files map[string]string) (string, error) {
	dir, err := os.MkdirTemp(b.dir, "")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return "", fmt.Errorf("write an input: %w", err)
		}
	}
	return dir, nil
}

// version returns the version of the module that a program was built from.
func version(program string) (string, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return "", fmt.Errorf("find the version: %w", err)
	}
	for _, dep := range info.Deps {
		if strings.HasPrefix(info.Path, dep.Path+"/") {
			return dep.Version, nil
		}
	}
	return info.Main.Version, nil
}
