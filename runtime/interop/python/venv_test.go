package python

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/depgen/depgen/internal/testenv"
)

// interpreter returns a Python that has the vendor's client. It skips the test
// if Python is missing or the client cannot be installed.
func interpreter(t *testing.T) string {
	t.Helper()
	if python := os.Getenv("DEPGEN_PYTHON"); python != "" {
		return python
	}
	python, err := environment()
	if err != nil {
		testenv.Missing(t, "python3 with cachecore-python from PyPI", err)
	}
	return python
}

// environment returns the Python of a virtual environment with the client. It
// makes the environment unless an earlier run has done so.
var environment = sync.OnceValues(func() (string, error) {
	python3, err := exec.LookPath("python3")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "depgen-interop", "cachecore-python-0.1.0")
	python := filepath.Join(dir, "bin", "python")
	if _, err := os.Stat(python); err == nil {
		return python, nil
	}
	return python, makeEnvironment(python3, dir)
})

// makeEnvironment makes the environment in a temporary directory next to dir
// and then renames that to dir, so that dir is either complete or missing.
func makeEnvironment(python3, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	unfinished, err := os.MkdirTemp(filepath.Dir(dir), "unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	for _, command := range [][]string{
		{python3, "-m", "venv", unfinished},
		{filepath.Join(unfinished, "bin", "python"), "-m", "pip", "install", "--quiet", "--retries=1", "--requirement", "requirements.txt"},
	} {
		out, err := exec.CommandContext(context.Background(), command[0], command[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", filepath.Base(command[0]), err, lastLine(out))
		}
	}
	if err := os.Rename(unfinished, dir); err != nil {
		if _, missing := os.Stat(dir); missing != nil {
			return err
		} // otherwise another run was faster
	}
	return nil
}

// lastLine returns the last line of a command's output, which best explains a
// failure.
func lastLine(out []byte) []byte {
	out = bytes.TrimSpace(out)
	return out[bytes.LastIndexByte(out, '\n')+1:]
}
