package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen"
)

const root = ".."

// block is a fenced block of a page. Its info is the text after the language,
// such as "wrong" in "yaml wrong".
type block struct {
	page, lang, info, text string
	line                   int
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+) ?([^\n]*)\n(.*?)^```$")

// pages returns the paths of the README and of the pages in docs.
func pages(t *testing.T) []string {
	t.Helper()
	found := []string{filepath.Join(root, "README.md")}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	return append(found, more...)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the blocks of all pages in a language.
func blocks(t *testing.T, lang string) []block {
	t.Helper()
	var found []block
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
			b := block{
				page: page, lang: text[m[2]:m[3]], info: text[m[4]:m[5]], text: text[m[6]:m[7]],
				line: 1 + strings.Count(text[:m[0]], "\n"),
			}
			if b.lang == lang {
				found = append(found, b)
			}
		}
	}
	return found
}

// TestGoSnippetsAreCompiled requires each Go snippet of the pages to be part of
// a compiled Go file, apart from its indentation.
func TestGoSnippetsAreCompiled(t *testing.T) {
	t.Parallel()
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
	for _, b := range blocks(t, "go") {
		if !stands(b.text, sources) {
			t.Errorf("%s:%d: this snippet stands in no Go file, so nothing compiles it:\n%s", b.page, b.line, b.text)
		}
	}
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
		text := read(t, filepath.Join(root, "docs", name))
		path := strings.Index(text, `"github.com/depgen/depgen/runtime/cachecore"`)
		used := -1
		for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
			if text[m[2]:m[3]] == "go" && strings.Contains(text[m[6]:m[7]], "cachecore.") {
				used = m[0]
				break
			}
		}
		if path < 0 || used < path {
			t.Errorf("%s: the first snippet that uses cachecore does not follow its import path", name)
		}
	}
}

// TestSchemaSnippetsGenerate requires each schema of the pages to generate,
// unless it is marked as wrong.
func TestSchemaSnippetsGenerate(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t, "yaml") {
		if _, err := generate(t, []byte(b.text)); (err != nil) != (b.info == "wrong") {
			t.Errorf("%s:%d: marked as %q, and the error is %v", b.page, b.line, b.info, err)
		}
	}
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
	shown := map[string]bool{}
	for _, b := range blocks(t, "text") {
		shown[b.text] = true
		if !printed[b.text] {
			t.Errorf("%s:%d: no test has this as its output:\n%s", b.page, b.line, b.text)
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

// TestQuickstartOutputIsOnThePage requires the README to show the expected
// output of the quickstart, which the quickstart's own test compares with the
// real one.
func TestQuickstartOutputIsOnThePage(t *testing.T) {
	t.Parallel()
	if output := read(t, "quickstart/testdata/output.txt"); !strings.Contains(read(t, "../README.md"), "```text\n"+output+"```\n") {
		t.Errorf("the README does not show what the quickstart prints:\n%s", output)
	}
}

// TestFencesAreSeen requires every block to be seen by the other tests.
func TestFencesAreSeen(t *testing.T) {
	t.Parallel()
	mark := regexp.MustCompile("(?m)^[ \\t]*(```|~~~)")
	for _, page := range pages(t) {
		text := read(t, page)
		if marks, seen := len(mark.FindAllString(text, -1)), len(fence.FindAllString(text, -1)); marks != 2*seen {
			t.Errorf("%s: a block is indented or names no language: begin its line with ``` and the language", page)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	heading = regexp.MustCompile("(?m)^#+ (.*)$")
	noSlug  = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// TestLinksLead requires each relative link of the pages to lead to an existing
// file, and to an existing heading if it names one.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", page, err)
			} else if m[2] != "" && !slices.Contains(anchors(t, target), m[2]) {
				t.Errorf("%s: %s has no heading #%s", page, target, m[2])
			}
		}
	}
}

// anchors returns the anchors that GitHub makes from the headings of a page.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	var found []string
	for _, m := range heading.FindAllStringSubmatch(read(t, page), -1) {
		found = append(found, strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return found
}
