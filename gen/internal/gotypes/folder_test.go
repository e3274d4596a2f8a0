package gotypes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Only the beginning of the generated file is read, unless its package clause
// is further down.
func TestPackageOfGeneratedFile(t *testing.T) {
	t.Parallel()
	license := func(n int) string { return "// " + strings.Repeat("x", n-len("// \n")) + "\n" }
	for name, tt := range map[string]struct{ text, want string }{
		"short":                      {"package deps\n", "deps"},
		"long":                       {"package deps\n" + license(3*maxClause), "deps"},
		"after a long license":       {license(2*maxClause) + "package deps\n", "deps"},
		"cut off in its name":        {license(maxClause-len("package de")) + "package deps\n" + license(maxClause), "deps"},
		"cut off after its name":     {license(maxClause-len("package deps")) + "package deps2\n", "deps2"},
		"cut off in a block comment": {"/*\n" + license(2*maxClause) + "*/ package deps\n", "deps"},
		"stale and broken":           {"package deps\n\nfunc {", "deps"},
		"no Go":                      {license(2 * maxClause), ""},
		"package documentation":      {"package documentation\n", ""},
		"excluded by its constraint": {"//go:build ignore\n\npackage deps\n", ""},
		"empty":                      {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "deps_gen.go"), []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			folder, err := ReadFolder(dir, "deps_gen.go")
			if err != nil || folder.Generated != tt.want || len(folder.Packages) > 0 {
				t.Errorf("got %q and %v (%v), want %q", folder.Generated, folder.Packages, err, tt.want)
			}
		})
	}
}
