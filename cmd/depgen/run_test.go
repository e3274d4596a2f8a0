package main

import (
	"context"
	"errors"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"github.com/depgen/depgen/gen"
)

const oneKind = "version: 1\npackage: deps\nkinds:\n  doc:\n    id: string\n"

// fullDisk is a standard output that refuses every write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRunReportsThatOutputCannotBePrinted(t *testing.T) {
	t.Parallel()
	schema, out := writeSchema(t, oneKind)
	for name, args := range map[string][]string{
		"jsonschema": {"jsonschema"},
		"version":    {"--version"},
		"help":       {"--help"},
		"check":      {"check", "--schema", schema, "--out", out},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			code := run(t.Context(), args, strings.NewReader(""), fullDisk{}, &stderr)
			if code != exitTrouble || stderr.String() != "depgen: print: disk full\n" {
				t.Errorf("exit code %d, stderr %q; want %d and the cause", code, stderr.String(), exitTrouble)
			}
		})
	}
}

func TestRunWritesNothingOnceInterrupted(t *testing.T) {
	t.Parallel()
	schema, out := writeSchema(t, oneKind)
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(&interruption{signal})
		var stderr strings.Builder
		code := run(ctx, []string{"generate", "--schema", schema, "--out", out}, strings.NewReader(""), io.Discard, &stderr)
		if code != want || stderr.String() != "depgen: interrupted\n" {
			t.Errorf("%v: exit code %d, stderr %q; want %d and the cause", signal, code, stderr.String(), want)
		}
	}
	requireEntries(t, filepath.Dir(out), "deps.yaml")
}

// If one of the files can't be written, the others stay as they are.
func TestOutputsAreWrittenAllOrNone(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]func(path string) error{
		"folder":        func(path string) error { return os.Mkdir(path, 0o755) },
		"another's":     func(path string) error { return os.WriteFile(path, []byte("SELECT 1;\n"), newFileMode) },
		"missing place": func(path string) error { return os.Symlink("nowhere/deps.sql", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			foreign := func([]byte) bool { return false }
			outputs := []gen.Output{
				{Path: filepath.Join(dir, "deps_gen.go"), Content: []byte("package deps\n"), Header: foreign},
				{Path: filepath.Join(dir, "deps.sql"), Content: []byte("-- deps\n"), Header: foreign},
			}
			if err := block(outputs[1].Path); err != nil {
				t.Fatal(err)
			}
			if err := writeOutputs(outputs); err == nil {
				t.Error("no error")
			}
			requireEntries(t, dir, "deps.sql")
		})
	}
}

// A temporary file that can't be moved to its place is removed.
func TestFailedCommitLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	occupied := filepath.Join(dir, "deps_gen.go")
	s, err := stage(&generatedFile{path: occupied, missing: true}, []byte("package deps\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(occupied, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.commit(); err == nil {
		t.Error("no error for a folder in the file's place")
	}
	s.discard()
	requireEntries(t, dir, "deps_gen.go")
}

// check shows every file that differs, and its error is about the first.
func TestCompareShowsEachOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	same, stale, missing := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	var outputs []gen.Output
	for _, path := range []string{same, stale, missing} {
		outputs = append(outputs, gen.Output{Path: path, Content: []byte("new\n"), Header: func([]byte) bool { return true }})
	}
	for path, text := range map[string]string{same: "new\n", stale: "old\n"} {
		if err := os.WriteFile(path, []byte(text), newFileMode); err != nil {
			t.Fatal(err)
		}
	}
	var stdout strings.Builder
	err := compare(&stdout, outputs, "deps.yaml", "depgen generate")
	if want := stale + " is not what deps.yaml yields; run depgen generate"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for name, want := range map[string]bool{same: false, stale: true, missing: true} {
		if got := strings.Contains(stdout.String(), "+++ "+name+" (from deps.yaml)"); got != want {
			t.Errorf("%s is shown: %v, want %v", name, got, want)
		}
	}
}

func TestProblemsArePrintedUpToALimit(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]string{
		maxProblems:     "",
		maxProblems + 1: "depgen: 1 more problem is not shown; fix those above first\n",
		150_000:         "depgen: 149900 more problems are not shown; fix those above first\n",
	} {
		problems := make(gen.Problems, count)
		for i := range problems {
			problems[i] = &gen.Problem{Pos: token.Position{Filename: "deps.yaml", Line: i + 1, Column: 1}, Msg: "wrong"}
		}
		var stderr strings.Builder
		if code := report(&stderr, problems); code != exitFound {
			t.Errorf("exit code %d, want %d", code, exitFound)
		}
		if lines := strings.SplitAfterN(stderr.String(), "\n", maxProblems+1); len(lines) != maxProblems+1 || lines[maxProblems] != want {
			t.Errorf("of %d problems %d lines are printed, and last %q; want %q", count, len(lines), lines[len(lines)-1], want)
		}
	}
}

func TestPathsAreShownWithoutWhatATerminalObeys(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"größe/deps v2.yaml": "größe/deps v2.yaml",
		"a\x1b[31m.yaml":     `"a\x1b[31m.yaml"`,
		"a\nb.yaml":          `"a\nb.yaml"`,
		"a\u202eb.yaml":      `"a\u202eb.yaml"`,
		"a\u2066b.yaml":      `"a\u2066b.yaml"`,
		"a\u009bb.yaml":      `"a\u009bb.yaml"`,
	} {
		if got := shown(path); got != want {
			t.Errorf("shown(%q) = %s, want %s", path, got, want)
		}
		for _, args := range [][]string{
			{"--schema", path},
			{"--schema", path + "/deps.yaml"},
			{"--out", path + "/deps_gen.go"},
			{"init", "--schema", path + "/deps.yaml"},
			{path},
			{"--" + path},
			{"gateway", "--upstream", path},
		} {
			var stdout, stderr strings.Builder
			code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
			if code != exitTrouble || strings.ContainsFunc(strings.TrimSuffix(stderr.String(), "\n"), func(r rune) bool { return gen.Escape(string(r)) != string(r) || unicode.IsControl(r) }) {
				t.Errorf("depgen %q: exit code %d, stderr %q", args, code, stderr.String())
			}
		}
	}
}

// writeSchema makes a folder with a schema, and names a file to generate next
// to it.
func writeSchema(t *testing.T, text string) (schema, out string) {
	t.Helper()
	dir := t.TempDir()
	schema = filepath.Join(dir, "deps.yaml")
	if err := os.WriteFile(schema, []byte(text), newFileMode); err != nil {
		t.Fatal(err)
	}
	return schema, filepath.Join(dir, "deps_gen.go")
}

// requireEntries fails unless the only entry of dir is name.
func requireEntries(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("folder holds %v, want only %s", entries, name)
	}
}
