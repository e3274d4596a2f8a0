package python

import (
	"os"
	"sync"
	"testing"

	"github.com/depgen/depgen/internal/testenv"
	"github.com/depgen/depgen/runtime/interop/internal/venv"
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

var environment = sync.OnceValues(func() (string, error) {
	return venv.Python("cachecore-python-0.1.0", "requirements.txt")
})
