package cachecore_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Users' programs link the package, so it stays light.
func TestImports_AreUUIDAndTheStandardLibrary(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if path != "github.com/google/uuid" && !strings.HasPrefix(path, "github.com/depgen/depgen/runtime/") {
			t.Errorf("imports %s", path)
		}
	}
	if !strings.Contains(string(out), "github.com/google/uuid\n") {
		t.Errorf("go list prints %q", out)
	}
}
