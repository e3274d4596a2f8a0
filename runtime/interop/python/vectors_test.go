package python

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/depgen/depgen/internal/testenv"
)

// Python writes the vectors with its own encoders, byte for byte.
func TestWireVectors(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		testenv.Missing(t, "python3", err)
	}
	out, err := exec.CommandContext(t.Context(), python, "vectors.py", "../../../testdata/wire").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || n < 40 {
		t.Errorf("%q vectors were compared, want at least 40", out)
	}
}
