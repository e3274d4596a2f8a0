package testenv_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/depgen/depgen/internal/testenv"
)

// The tests run this one again, in a process whose parent they are.
func TestMissing_Itself(t *testing.T) { //nolint:paralleltest // it is alone in its process
	if os.Getenv("TESTENV_ITSELF") == "" {
		return
	}
	for range 2 { //nolint:paralleltest // see above
		t.Run("sub", func(t *testing.T) {
			testenv.Missing(t, "a time machine", errors.New("exec: \"tardis\": not found\ndetails"))
			t.Error("goes on")
		})
	}
}

// run runs TestMissing_Itself. It returns the output of the run and the
// standard error of its parent process.
func run(t *testing.T, ci string) (output, parent string, err error) {
	t.Helper()
	// The shell is the parent of the run, so that the parent's standard error
	// differs from that of this process.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `"$0" -test.v -test.run '^TestMissing_Itself$' 2>&3 & wait $!`, os.Args[0])
	cmd.Env = append(os.Environ(), "TESTENV_ITSELF=1", "CI="+ci)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var own bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &own, w, []*os.File{w}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	lines, readErr := io.ReadAll(r)
	if readErr != nil {
		t.Fatal(readErr)
	}
	err = cmd.Wait()
	return own.String(), string(lines), err
}

func TestMissing_PrintsOneLine(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the line goes to the terminal")
	}
	out, lines, err := run(t, "")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "skipped TestMissing_Itself and others, which need a time machine: exec: \"tardis\": not found\n"; lines != want {
		t.Errorf("printed %q, want %q", lines, want)
	}
	if strings.Count(out, "--- SKIP") != 2 {
		t.Errorf("the tests are not skipped:\n%s", out)
	}
}

func TestMissing_FailsInCI(t *testing.T) {
	t.Parallel()
	out, _, err := run(t, "true")
	if err == nil || !strings.Contains(out, "nothing is skipped") {
		t.Errorf("%v\n%s", err, out)
	}
}
