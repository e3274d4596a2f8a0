package gen_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// newModule returns the folder of a new module example.com/shop. The
// module contains testdata/golden/shop, and uses this repository's runtime
// and dependencies.
func newModule(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(goldenDir, "shop"))); err != nil {
		t.Fatal(err)
	}
	gomod := bytes.Replace(readFile(t, "../go.mod"), []byte("module github.com/depgen/depgen"), []byte("module example.com/shop"), 1)
	gomod = append(gomod, "\nrequire github.com/depgen/depgen v0.0.0\n\nreplace github.com/depgen/depgen => "+root+"\n"...)
	writeFile(t, filepath.Join(dir, "go.mod"), gomod)
	writeFile(t, filepath.Join(dir, "go.sum"), readFile(t, "../go.sum"))
	return dir
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
