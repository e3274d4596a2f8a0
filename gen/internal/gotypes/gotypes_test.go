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
	for name, want := range map[schema.GoName]gotypes.Type{
		{Path: sample + "/model", Name: "SKU"}:         {Package: "model", Text: gotypes.TextString, Basic: "string"},
		{Path: sample + "/model", Name: "Money"}:       {Package: "model", Text: gotypes.TextMarshal},
		{Path: sample + "/model", Name: "Place"}:       {Package: "model", Text: gotypes.TextStringer},
		{Path: sample, Name: "Shelf"}:                  {Package: "sample", Local: true, Text: gotypes.TextUint, Basic: "uint8"},
		{Path: "time", Name: "Duration"}:               {Package: "time", Text: gotypes.TextInt, Basic: "int64"},
		{Path: "net/netip", Name: "Addr"}:              {Package: "netip", Text: gotypes.TextMarshal},
		{Path: "github.com/google/uuid", Name: "UUID"}: {Package: "uuid", Text: gotypes.TextMarshal},
	} {
		loaded, err := load(t.Context(), dir, name)
		if err != nil {
			t.Fatal(err)
		}
		want.Identity = name.String()
		if got := loaded[name]; got != want {
			t.Errorf("%v: got %+v, want %+v", name, got, want)
		}
	}
}

func load(ctx context.Context, dir string, names ...schema.GoName) (map[schema.GoName]gotypes.Type, error) {
	folder, err := gotypes.ReadFolder(dir, out)
	if err != nil {
		return nil, err
	}
	types := make([]*schema.Type, len(names))
	for i, name := range names {
		types[i] = &schema.Type{Go: name}
	}
	return gotypes.Load(ctx, folder, types)
}

// Errors elsewhere in a package don't hide its types.
func TestLoadFromBrokenPackage(t *testing.T) {
	t.Parallel()
	const path = "github.com/depgen/depgen/gen/internal/gotypes/testdata/broken"
	id, lost := schema.GoName{Path: path, Name: "ID"}, schema.GoName{Path: path, Name: "Lost"}
	loaded, err := load(t.Context(), filepath.Join("testdata", "broken"), id, lost)
	if err != nil {
		t.Errorf("a type that does not compile is trouble of the environment: %v", err)
	}
	want := gotypes.Type{Package: "broken", Identity: path + ".ID", Local: true, Text: gotypes.TextString, Basic: "string"}
	if loaded[id] != want {
		t.Errorf("got %+v, want %+v", loaded[id], want)
	}
	if loaded[lost].Err == nil {
		t.Errorf("a type that does not compile is taken as %+v", loaded[lost])
	}
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		dir  string
		want string
	}{
		{"cancelled", cancelled, dir, "context canceled"},
		{"no folder", t.Context(), filepath.Join(dir, "nowhere"), "no such file or directory"},
		{"broken go.mod", t.Context(), brokenModule(t), "unknown directive: bogus"},
		{"no go.mod", t.Context(), t.TempDir(), "go.mod"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(tt.ctx, tt.dir, schema.GoName{Path: "example.com/a", Name: "A"}, schema.GoName{Path: "example.com/b", Name: "B"})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, tt.want)
			}
		})
	}
}

// Types of the standard library need no module.
func TestLoadOutsideOfModules(t *testing.T) {
	t.Parallel()
	addr, typo := schema.GoName{Path: "net/netip", Name: "Addr"}, schema.GoName{Path: "net/netipp", Name: "Addr"}
	loaded, err := load(t.Context(), t.TempDir(), addr, typo)
	if err != nil || loaded[addr].Err != nil || loaded[typo].Err == nil {
		t.Errorf("got %v, %v and %v", err, loaded[addr].Err, loaded[typo].Err)
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
