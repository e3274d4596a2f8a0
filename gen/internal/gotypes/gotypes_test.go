package gotypes_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

const (
	sample = "github.com/depgen/depgen/testdata/sample"
	dir    = "../../../testdata/sample"
	out    = "deps_gen.go"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name schema.TypeName
		want schema.LoadedType
	}{
		{schema.TypeName{Path: sample + "/model", Name: "SKU"},
			schema.LoadedType{Package: "model", Text: schema.TextString, Basic: "string"}},
		{schema.TypeName{Path: sample + "/model", Name: "Money"}, schema.LoadedType{Package: "model", Text: schema.TextMarshal}},
		{schema.TypeName{Path: sample + "/model", Name: "Place"}, schema.LoadedType{Package: "model", Text: schema.TextStringer}},
		{schema.TypeName{Path: sample, Name: "Shelf"},
			schema.LoadedType{Package: "sample", Local: true, Text: schema.TextUint, Basic: "uint8"}},
		{schema.TypeName{Path: "time", Name: "Duration"}, schema.LoadedType{Package: "time", Text: schema.TextInt, Basic: "int64"}},
		{schema.TypeName{Path: "net/netip", Name: "Addr"}, schema.LoadedType{Package: "netip", Text: schema.TextMarshal}},
		{schema.TypeName{Path: "github.com/google/uuid", Name: "UUID"}, schema.LoadedType{Package: "uuid", Text: schema.TextMarshal}},
	}
	names := make([]schema.TypeName, len(tests))
	for i, tt := range tests {
		names[i] = tt.name
	}
	loaded, err := gotypes.Load(t.Context(), dir, out, names)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range loaded {
		want := tests[i].want
		want.Type = names[i].Path + "." + names[i].Name
		if got != want {
			t.Errorf("%v: got %+v, want %+v", names[i], got, want)
		}
	}
}

// Errors elsewhere in a package don't hide its types.
func TestLoadFromBrokenPackage(t *testing.T) {
	t.Parallel()
	broken := filepath.Join("testdata", "broken")
	const path = "github.com/depgen/depgen/gen/internal/gotypes/testdata/broken"
	loaded, err := gotypes.Load(t.Context(), broken, out, []schema.TypeName{{Path: path, Name: "ID"}, {Path: path, Name: "Lost"}})
	if err != nil {
		t.Errorf("a type that does not compile is trouble of the environment: %v", err)
	}
	if want := (schema.LoadedType{Package: "broken", Type: path + ".ID", Local: true, Text: schema.TextString, Basic: "string"}); loaded[0] != want {
		t.Errorf("got %+v, want %+v", loaded[0], want)
	}
	if loaded[1].Err == nil {
		t.Errorf("a type that does not compile is taken as %+v", loaded[1])
	}
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name    string
		ctx     context.Context
		dir     string
		want    string
		trouble bool // as opposed to missing types
	}{
		{"cancelled", cancelled, dir, "context canceled", true},
		{"no folder", t.Context(), filepath.Join(dir, "nowhere"), "no such file or directory", true},
		{"broken go.mod", t.Context(), brokenModule(t), "unknown directive: bogus", true},
		{"no module", t.Context(), t.TempDir(), "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			loaded, err := gotypes.Load(tt.ctx, tt.dir, out, []schema.TypeName{{Path: "example.com/a", Name: "A"}, {Path: "example.com/b", Name: "B"}})
			if (err != nil) != tt.trouble || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("trouble %v, want %v with %q", err, tt.trouble, tt.want)
			}
			for _, l := range loaded {
				if l.Err == nil || !strings.Contains(l.Err.Error(), tt.want) || strings.Contains(l.Err.Error(), "\n") {
					t.Errorf("got %v, want one line with %q", l.Err, tt.want)
				}
			}
		})
	}
}

func brokenModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/app\n\nbogus\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
