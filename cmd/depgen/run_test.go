package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneKind = "version: 1\npackage: deps\nkinds:\n  doc:\n    id: string\n"

// fullDisk is standard output that takes nothing.
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
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr strings.Builder
	code := run(ctx, []string{"generate", "--schema", schema, "--out", out}, strings.NewReader(""), io.Discard, &stderr)
	if code != exitTrouble || !strings.Contains(stderr.String(), context.Canceled.Error()) {
		t.Errorf("exit code %d, stderr %q; want %d and the cause", code, stderr.String(), exitTrouble)
	}
	requireEntries(t, filepath.Dir(out), "deps.yaml")
}

func TestReplaceFileLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	occupied := filepath.Join(dir, "deps_gen.go")
	if err := os.Mkdir(occupied, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(occupied, []byte("package deps\n"), newFileMode); err == nil {
		t.Error("no error for a folder in the file's place")
	}
	requireEntries(t, dir, "deps_gen.go")
}

// writeSchema makes a folder with a schema in it, and names a file to generate beside it.
func writeSchema(t *testing.T, text string) (schema, out string) {
	t.Helper()
	dir := t.TempDir()
	schema = filepath.Join(dir, "deps.yaml")
	if err := os.WriteFile(schema, []byte(text), newFileMode); err != nil {
		t.Fatal(err)
	}
	return schema, filepath.Join(dir, "deps_gen.go")
}

// requireEntries fails unless dir holds exactly the entry called name.
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
