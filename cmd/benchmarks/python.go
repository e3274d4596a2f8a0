package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	pythonFolder = "cmd/benchmarks/python"
	pythonClient = "cachecore-python 0.1.0"
)

// python returns the interpreter of an environment with the vendor's client.
// The first call makes the environment.
func (b *bench) python(ctx context.Context) (string, error) {
	dir := filepath.Join(b.dir, "venv")
	python := filepath.Join(dir, "bin", "python")
	if b.pythonReady {
		return python, nil
	}
	fmt.Fprintf(b.log, "installing %s\n", pythonClient)
	if err := execute(exec.CommandContext(ctx, "python3", "-m", "venv", "--clear", dir)); err != nil { //nolint:gosec // a folder of the run's own
		return "", err
	}
	pip := exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", //nolint:gosec // the same
		"-r", filepath.Join(pythonFolder, "requirements.txt"))
	if err := execute(pip); err != nil {
		return "", err
	}
	b.pythonReady = true
	return python, nil
}

// script is a Python program that prints its measurements.
type script struct {
	python string // the interpreter
	name   string // in pythonFolder
	args   []any
	failed *int // the number of failures in all runs; nil if failures are errors
}

func (s script) measure(ctx context.Context) (time.Duration, error) {
	args := []string{filepath.Join(pythonFolder, s.name)}
	for _, arg := range s.args {
		args = append(args, fmt.Sprint(arg))
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, s.python, args...) //nolint:gosec // a script of this folder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", s.name, err, bytes.TrimSpace(stderr.Bytes()))
	}
	var result struct {
		Nanoseconds int64 `json:"nanoseconds"`
		Failed      int   `json:"failed"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return 0, fmt.Errorf("%s printed no result: %w", s.name, err)
	}
	switch {
	case s.failed != nil:
		*s.failed += result.Failed
	case result.Failed > 0:
		return 0, fmt.Errorf("%s: %d calls failed", s.name, result.Failed)
	}
	return time.Duration(result.Nanoseconds), nil
}
