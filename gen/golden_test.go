package gen_test

import (
	"errors"
	"flag"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/tools/txtar"

	"github.com/depgen/depgen/gen"
)

var update = flag.Bool("update", false, "write what is generated into the golden files")

const (
	goldenDir  = "../testdata/golden"
	wantCode   = "want: deps_gen.go"
	wantErrors = "want: errors"
)

// TestGolden generates from each testdata/golden/*.txtar. A case has a schema,
// deps.yaml, and the expected file or errors. Other files are written next to
// the generated one; "default" contains the package that go generate runs in.
// All cases are packages of one module with testdata/golden/shop, and all
// generated files are compiled in one build.
func TestGolden(t *testing.T) { //nolint:tparallel // the cases are compiled together, after they have run
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	module := newModule(t)
	var packages []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if runGolden(t, file, filepath.Join(module, name)) {
			packages = append(packages, "./"+name)
		}
	}
	vet := exec.CommandContext(t.Context(), "go", append([]string{"vet"}, packages...)...)
	vet.Dir = module
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("generated code is not clean: %v\n%s", err, out)
	}
}

// runGolden runs one case in dir and reports whether it generated a file.
func runGolden(t *testing.T, file, dir string) (generated bool) {
	t.Helper()
	t.Run(filepath.Base(dir), func(t *testing.T) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		opts := gen.Options{Schema: "deps.yaml", Out: filepath.Join(dir, "deps_gen.go"), GoPackage: "fallback"}
		want := txtar.File{}
		for _, f := range archive.Files {
			switch f.Name {
			case "deps.yaml":
				opts.Source = f.Data
			case "default":
				opts.GoPackage = strings.TrimSpace(string(f.Data))
			case wantCode, wantErrors:
				want = f
			default:
				writeFile(t, filepath.Join(dir, f.Name), f.Data)
			}
		}
		got := result(t, opts)
		if generated = got.Name == wantCode; generated {
			writeFile(t, opts.Out, got.Data)
			if formatted, err := format.Source(got.Data); err != nil || string(formatted) != string(got.Data) {
				t.Errorf("not formatted: %v", err)
			}
		}
		if *update && (want.Name == "" || want.Name == got.Name) {
			updateGolden(t, file, archive, got)
		} else if want.Name != got.Name {
			t.Errorf("want %q, got %q:\n%s", want.Name, got.Name, got.Data)
		} else if d := diff.Diff("want", want.Data, "got", got.Data); d != nil {
			t.Errorf("the result differs; if it is right, run the test with -update\n%s", d)
		}
	})
	return generated
}

func result(t *testing.T, opts gen.Options) txtar.File {
	t.Helper()
	outputs, err := gen.Generate(t.Context(), opts)
	if err == nil {
		return txtar.File{Name: wantCode, Data: outputs[0].Content}
	}
	if outputs != nil {
		t.Errorf("an error and %d outputs", len(outputs))
	}
	dir := filepath.Dir(opts.Out)
	var problems gen.Problems
	errors.As(err, &problems)
	for _, p := range problems {
		if p.Pos.Filename != opts.Schema && filepath.Dir(p.Pos.Filename) != dir || p.Pos.Line < 1 || p.Pos.Column < 1 {
			t.Errorf("problem without a position: %v", p)
		}
	}
	text := strings.NewReplacer(dir+string(filepath.Separator), "", dir, ".").Replace(err.Error())
	return txtar.File{Name: wantErrors, Data: []byte(text + "\n")}
}

func updateGolden(t *testing.T, file string, archive *txtar.Archive, got txtar.File) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == got.Name })
	archive.Files = append(archive.Files, got)
	writeFile(t, file, txtar.Format(archive))
}
