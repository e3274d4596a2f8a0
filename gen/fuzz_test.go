package gen_test

import (
	"errors"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/depgen/depgen/gen/internal/golang"
	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// FuzzSchema shows that any text either is refused with positions, or generates
// the same formatted Go file twice.
func FuzzSchema(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if part.Name == "deps.yaml" {
				f.Add(part.Data)
			}
		}
	}
	f.Add([]byte("version: 1\nkinds: {a: {id: {go: 00.A}}}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		code := emit(t, src)
		if again := emit(t, src); string(again) != string(code) {
			t.Errorf("the second time is different:\n%s", again)
		}
	})
}

func checkProblems(t *testing.T, err error) {
	t.Helper()
	var problems schema.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("not problems: %v", err)
	}
	for _, p := range problems {
		if p.Pos.Line < 1 || p.Pos.Column < 1 {
			t.Errorf("no position: %v", p)
		}
		if strings.ContainsFunc(p.Msg, func(r rune) bool { return unicode.IsControl(r) || schema.Hidden(r) }) {
			t.Errorf("not fit for a terminal: %q", p.Msg)
		}
	}
}

// emit returns the Go file for a schema, or nil if the schema has problems. It
// loads no types: those of the application count as strings.
func emit(t *testing.T, src []byte) []byte {
	t.Helper()
	file, problems := schema.Parse("deps.yaml", src)
	types := map[schema.GoName]gotypes.Type{}
	for _, found := range file.GoTypes() {
		types[found.Go] = gotypes.Type{Package: "model", Identity: found.String(), Text: gotypes.TextString, Basic: "string"}
	}
	resolved, more := golang.Resolve(file, types, &gotypes.Folder{})
	if problems = append(problems, more...); len(problems) > 0 {
		checkProblems(t, problems)
		return nil
	}
	code, err := golang.Emit(resolved, "deps")
	if err != nil {
		t.Fatal(err)
	}
	if formatted, err := format.Source(code); err != nil || string(formatted) != string(code) {
		t.Errorf("not formatted (%v):\n%s", err, code)
	}
	return code
}

// FuzzDescription shows that text in a schema stays a comment: it doesn't
// change the file's declarations.
func FuzzDescription(f *testing.F) {
	for _, seed := range []string{
		"plain", "*/ func init() { panic(1) } /*", "a\nfunc init() {}", "a\rfunc init() {}", "//go:build ignore", "+build ignore",
		"\n\n+build a\n", "//line x.go:1", "`", "  indented\n\n- list", "# Heading", "[x]: http://example.com", "\u2028x\u2029y\u0085z",
		"// Output: x", "Deprecated: no", "🎉\t\u200d", "\u202e} \u2066return", "a\u200bb", "a\n\n\n\tb\n c\n", "1. one\n2. two\n\n   code",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src, err := yaml.Marshal(map[string]any{"version": 1, "kinds": map[string]any{
			"doc":   map[string]any{"id": "string", "description": text, "deprecated": text},
			"table": map[string]any{"values": map[string]any{"rows": map[string]string{"description": text, "deprecated": text}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		code := emit(t, src)
		if code == nil {
			return
		}
		want := []string{"DepDoc", "DepTable", "InvalidateDoc", "InvalidateTable", "String", "Table", "TableRows", "UseDoc", "UseTable", "_"}
		if got := declared(t, code); !slices.Equal(got, want) {
			t.Errorf("%q declares %q, want %q", text, got, want)
		}
	})
}

// declared lists the declarations of a file. It fails the test if a comment is
// anything but text: a directive, or a block of several lines.
func declared(t *testing.T, code []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "deps_gen.go", code, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if c.Text != "//" && !strings.HasPrefix(c.Text, "// ") && !strings.HasPrefix(c.Text, "//\t") ||
				strings.ContainsFunc(c.Text, schema.Hidden) {
				t.Errorf("not a harmless comment: %q", c.Text)
			}
		}
	}
	var names []string
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			names = append(names, d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					names = append(names, s.Names[0].Name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}
