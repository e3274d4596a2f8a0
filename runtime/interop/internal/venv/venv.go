// Package venv makes virtual environments of Python for tests, in the user's
// cache folder.
package venv

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Python returns the Python of the virtual environment with the given name. It
// makes the environment from a file of requirements unless an earlier run has
// done so; a change of the requirements needs another name.
func Python(name, requirements string) (string, error) {
	python3, err := exec.LookPath("python3")
	if err != nil {
		return "", err
	}
	return Cached(name, filepath.Join("bin", "python"), func(dir string) error {
		if err := run(python3, "-m", "venv", dir); err != nil {
			return err
		}
		return run(filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--retries=1", "--requirement", requirements)
	})
}

// Cached returns the path of a file in a folder that fill fills, unless an
// earlier run has done so. The folder is either complete or missing.
func Cached(name, file string, fill func(dir string) error) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "depgen-interop", name)
	path := filepath.Join(dir, file)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return "", err
	}
	unfinished, err := os.MkdirTemp(filepath.Dir(dir), "unfinished-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(unfinished)
	if err := fill(unfinished); err != nil {
		return "", err
	}
	if err := os.Rename(unfinished, dir); err != nil {
		if _, missing := os.Stat(dir); missing != nil {
			return "", err
		} // otherwise another run was faster
	}
	return path, nil
}

func run(name string, args ...string) error {
	out, err := exec.CommandContext(context.Background(), name, args...).CombinedOutput() //nolint:gosec // commands that are named above
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, lastLine(out))
	}
	return nil
}

// lastLine returns the last line of a command's output, which best explains a
// failure.
func lastLine(out []byte) []byte {
	out = bytes.TrimSpace(out)
	return out[bytes.LastIndexByte(out, '\n')+1:]
}
