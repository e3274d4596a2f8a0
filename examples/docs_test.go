package examples_test

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen"
)

// TestGoSnippetsAreCompiled requires each Go snippet of the pages to be part of
// a compiled Go file, apart from its indentation.
func TestGoSnippetsAreCompiled(t *testing.T) {
	t.Parallel()
	sources := goFiles(t)
	for _, p := range pages(t) {
		report(t, notCompiled(p, sources))
	}
}

func report(t *testing.T, problems []string) {
	t.Helper()
	for _, problem := range problems {
		t.Error(problem)
	}
}

// goFiles returns the text of each Go file of this tree, by path.
func goFiles(t *testing.T) map[string]string {
	t.Helper()
	sources := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			sources[path] = read(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func notCompiled(p page, sources map[string]string) (problems []string) {
	for _, b := range p.in("go") {
		if !stands(b.text, sources) {
			problems = append(problems, b.problem("this snippet is in no Go file, so nothing compiles it:\n%s", b.text))
		}
	}
	return problems
}

func stands(snippet string, sources map[string]string) bool {
	for range 5 {
		for _, source := range sources {
			if strings.Contains(source, snippet) {
				return true
			}
		}
		snippet = indent(snippet)
	}
	return false
}

func indent(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			lines[i] = "\t" + line
		}
	}
	return strings.Join(lines, "")
}

// generate runs depgen over a schema.
func generate(t *testing.T, source []byte) ([]byte, error) {
	t.Helper()
	outputs, err := gen.Generate(t.Context(), gen.Options{
		Schema: "deps.yaml", Source: source, Package: "deps", Out: "quickstart/deps/deps_gen.go",
	})
	if err != nil {
		return nil, err
	}
	return outputs[0].Content, nil
}

// TestPagesShowTheImportPath requires the pages that a reader meets first to
// show what to import before they use the runtime.
func TestPagesShowTheImportPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"concepts.md", "schema.md", "runtime.md"} {
		path := filepath.Join(root, "docs", name)
		report(t, importedLate(parse(path, read(t, path))))
	}
}

func importedLate(p page) []string {
	path := strings.Index(p.text, `"github.com/depgen/depgen/runtime/cachecore"`)
	for _, b := range p.in("go") {
		if strings.Contains(b.text, "cachecore.") {
			if path < 0 || b.at < path {
				return []string{b.problem("this snippet uses cachecore before the page shows its import path")}
			}
			return nil
		}
	}
	return []string{p.path + ": no snippet uses cachecore"}
}

// TestSchemaSnippetsGenerate requires each schema of the pages to generate,
// unless it is marked as wrong.
func TestSchemaSnippetsGenerate(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		report(t, unexpected(t, p))
	}
}

func unexpected(t *testing.T, p page) (problems []string) {
	t.Helper()
	for _, b := range p.in("yaml") {
		if _, err := generate(t, []byte(b.text)); (err != nil) != (b.info == "wrong") {
			problems = append(problems, b.problem("marked as %q, and the error is %v", b.info, err))
		}
	}
	return problems
}

// TestGeneratedFilesAreUpToDate requires each example's file to match
// its schema.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	schemas, err := filepath.Glob("*/deps/deps.yaml")
	if err != nil || len(schemas) < 2 {
		t.Fatalf("found %v, %v", schemas, err)
	}
	for _, schema := range schemas {
		want, err := generate(t, []byte(read(t, schema)))
		if err != nil {
			t.Fatal(err)
		}
		if path := filepath.Join(filepath.Dir(schema), "deps_gen.go"); read(t, path) != string(want) {
			t.Errorf("%s is not what its schema yields: run go generate", path)
		}
	}
}

// TestTextBlocksAreOutput requires each text block of the pages to be depgen's
// error for a schema marked as wrong, or a file of testdata, which some test
// compares with real output. It also requires each output of the guide to be on
// a page.
func TestTextBlocksAreOutput(t *testing.T) {
	t.Parallel()
	printed, shown := outputs(t), map[string]bool{}
	for _, p := range pages(t) {
		report(t, notPrinted(p, printed))
		for _, b := range p.in("text") {
			shown[b.text] = true
		}
	}
	files, err := filepath.Glob("guide/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, path := range files {
		if !shown[read(t, path)] {
			t.Errorf("no page shows %s", path)
		}
	}
}

// outputs returns the errors for the schemas of all pages, and the texts of
// testdata.
func outputs(t *testing.T) map[string]bool {
	t.Helper()
	printed := map[string]bool{}
	for _, b := range blocks(t, "yaml") {
		if _, err := generate(t, []byte(b.text)); err != nil {
			printed[err.Error()+"\n"] = true
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".txt" && filepath.Base(filepath.Dir(path)) == "testdata" {
			printed[read(t, path)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return printed
}

func notPrinted(p page, printed map[string]bool) (problems []string) {
	for _, b := range p.in("text") {
		if !printed[b.text] {
			problems = append(problems, b.problem("no test has this as its output:\n%s", b.text))
		}
	}
	return problems
}

// TestQuickstartOutputIsOnThePage requires the README to show the expected
// output of the quickstart, which the quickstart's own test compares with the
// real one.
func TestQuickstartOutputIsOnThePage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(root, "README.md")
	report(t, notShown(parse(path, read(t, path)), read(t, "quickstart/testdata/output.txt")))
}

func notShown(p page, output string) []string {
	if slices.ContainsFunc(p.in("text"), func(b block) bool { return b.text == output }) {
		return nil
	}
	return []string{p.path + ": no text block shows the output\n" + output}
}
