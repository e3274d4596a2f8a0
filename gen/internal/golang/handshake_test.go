package golang

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// fakeRuntime has what files with kinds of one part use.
const fakeRuntime = `package cachecore

import "context"

type Dep struct{}

func NewDep(id string) Dep                               { return Dep{} }
func Use(ctx context.Context, deps ...Dep)               {}
func Invalidate(ctx context.Context, deps ...Dep) error { return nil }
`

const fakeAddition = "\nfunc NewCompositeDep(prefix string, parts ...string) Dep { return Dep{} }\n"

// TestHandshake builds files of a depgen whose newest runtime, version 0.2, has
// added NewCompositeDep.
func TestHandshake(t *testing.T) {
	t.Parallel()
	const before, after = "\nconst IsAtLeastVersion0_1_0 = true\n", "\nconst IsAtLeastVersion0_2_0 = true\n"
	tests := []struct {
		name, id, runtime string
		missing           string // the constant; empty if the file compiles
	}{
		{"nothing new, older runtime", "string", fakeRuntime + before, ""},
		{"nothing new, newer runtime", "string", fakeRuntime + before + after + fakeAddition, ""},
		{"addition, newer runtime", "[{a: string}, {b: string}]", fakeRuntime + before + after + fakeAddition, ""},
		{"addition, older runtime", "[{a: string}, {b: string}]", fakeRuntime + before, "IsAtLeastVersion0_2_0"},
		{"another major version", "string", fakeRuntime + "\nconst IsAtLeastVersion1_0_0 = true\n", "IsAtLeastVersion0_1_0"},
	}
	newer := maps.Clone(since)
	newer["NewCompositeDep"] = version{0, 2}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, err := emit(resolved(t, "version: 1\nkinds: {doc: {id: "+tt.id+"}}"), "deps", newer)
			if err != nil {
				t.Fatal(err)
			}
			errors := build(t, code, tt.runtime)
			if tt.missing == "" {
				if errors != "" {
					t.Errorf("does not compile: %s", errors)
				}
				return
			}
			first := regexp.MustCompile(`^# .*\n\./deps_gen\.go:(\d+):\d+: undefined: cachecore\.(\w+)\n`).FindStringSubmatch(errors)
			if first == nil || first[2] != tt.missing {
				t.Fatalf("the first error is not about %s:\n%s", tt.missing, errors)
			}
			line, err := strconv.Atoi(first[1])
			if err != nil {
				t.Fatal(err)
			}
			if above := strings.Split(string(code), "\n")[line-2]; !strings.Contains(above, "go generate ./...") {
				t.Errorf("the line above the failing one is %q, without a fix", above)
			}
		})
	}
}

// A part of the runtime without a version can't be emitted.
func TestEveryPartOfTheRuntimeHasAVersion(t *testing.T) {
	t.Parallel()
	less := maps.Clone(since)
	delete(less, "Use")
	if _, err := emit(resolved(t, "version: 1\nkinds: {doc: {id: string}}"), "deps", less); err == nil || !strings.Contains(err.Error(), "has Use") {
		t.Errorf("got %v, want an error about Use", err)
	}
}

func resolved(t *testing.T, source string) *File {
	t.Helper()
	file, problems := schema.Parse("deps.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	f, problems := Resolve(file, nil, &gotypes.Folder{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return f
}

// build compiles a generated file with a runtime, and returns the errors.
func build(t *testing.T, code []byte, runtime string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/shop\n\ngo 1.25\n\nrequire github.com/depgen/depgen v0.0.0\n\n" +
			"replace github.com/depgen/depgen => ./depgen\n",
		"deps_gen.go":                           string(code),
		"depgen/go.mod":                         "module github.com/depgen/depgen\n\ngo 1.25\n",
		"depgen/runtime/cachecore/cachecore.go": runtime,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}
