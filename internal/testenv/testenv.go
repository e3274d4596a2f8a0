// Package testenv skips tests that need a program missing on the machine, so
// that Go alone is enough to run all others.
package testenv

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// Missing skips the test because something that it needs is missing, as err
// reports. It prints one line for each need of the process. With CI=true it
// fails the test.
func Missing(t testing.TB, need string, err error) {
	t.Helper()
	line := message(t.Name(), need, err)
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s; with CI=true nothing is skipped", line)
	}
	if _, again := told.LoadOrStore(need, true); !again {
		tell(line)
	}
	t.Skip(line)
}

// told contains the needs that a line was printed for.
var told sync.Map

func message(test, need string, err error) string {
	test, _, _ = strings.Cut(test, "/")
	reason, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return fmt.Sprintf("skipped %s and others, which need %s: %s", test, need, reason)
}

// tell prints a line to where the user of go test sees it. Go test discards the
// output of a package that passes, so tell writes to the standard error of go
// test itself, or else to the terminal.
func tell(line string) {
	for _, name := range []string{fmt.Sprintf("/proc/%d/fd/2", os.Getppid()), "/dev/tty"} {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			continue
		}
		info, err := f.Stat()
		// In a plain file the next line of go test would overwrite this one.
		if err == nil && !info.Mode().IsRegular() {
			_, err = fmt.Fprintln(f, line)
		}
		_ = f.Close()
		if err == nil && !info.Mode().IsRegular() {
			return
		}
	}
}
