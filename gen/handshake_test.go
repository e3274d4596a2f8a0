package gen_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen"
)

// otherRuntime is a runtime of another major version. It declares all functions
// that generated code calls, but not the constant.
const otherRuntime = `package cachecore

import "context"

type Dep struct{}

func NewDep(id string) Dep                               { return Dep{} }
func Use(ctx context.Context, deps ...Dep)               {}
func Invalidate(ctx context.Context, deps ...Dep) error { return nil }
`

func TestOtherRuntimeDoesNotCompile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outputs, err := gen.Generate(t.Context(), gen.Options{
		Schema: "deps.yaml", Source: []byte("version: 1\nkinds: {doc: {id: string}}"), Package: "deps", Out: filepath.Join(dir, "deps_gen.go"),
	})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"go.mod": "module example.com/shop\n\ngo 1.25\n\nrequire github.com/depgen/depgen v0.0.0\n\n" +
			"replace github.com/depgen/depgen => ./depgen\n",
		"deps_gen.go":                           string(outputs[0].Content),
		"depgen/go.mod":                         "module github.com/depgen/depgen\n\ngo 1.25\n",
		"depgen/runtime/cachecore/cachecore.go": otherRuntime,
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, name), []byte(text))
	}
	build := exec.CommandContext(t.Context(), "go", "build", ".")
	build.Dir = dir
	out, err := build.CombinedOutput()
	if err == nil {
		t.Fatal("it compiles")
	}
	found := regexp.MustCompile(`deps_gen\.go:(\d+):\d+: undefined: cachecore\.SupportsGeneratedV1\n`).FindSubmatch(out)
	if found == nil || bytes.Count(out, []byte("deps_gen.go")) != 1 {
		t.Fatalf("want one error, about the constant; got\n%s", out)
	}
	line, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	if above := strings.Split(string(outputs[0].Content), "\n")[line-2]; !strings.Contains(above, "go generate ./...") {
		t.Errorf("above the line that fails stands %q, and not what to do", above)
	}
}
