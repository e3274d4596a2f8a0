package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen"
)

const root = ".."

// block is a fenced block of a page.
type block struct {
	page, lang, text string
	line             int
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)[^\n]*\n(.*?)^```$")

// pages returns the paths of the README and of what is below docs.
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
			if b := (block{page, text[m[2]:m[3]], text[m[4]:m[5]], 1 + strings.Count(text[:m[0]], "\n")}); b.lang == lang {
				found = append(found, b)
			}
		}
	}
	return found
}

// TestGoSnippetsAreCompiled requires each Go snippet of the pages to stand, apart
// from its indentation, in a Go file that is compiled with the tests.
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

// TestSchemaSnippetsGenerate requires each schema of the pages to be one.
func TestSchemaSnippetsGenerate(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t, "yaml") {
		_, err := gen.Generate(t.Context(), gen.Options{Schema: "deps.yaml", Source: []byte(b.text), Package: "deps", Dir: "quickstart/deps"})
		if err != nil {
			t.Errorf("%s:%d: %v", b.page, b.line, err)
		}
	}
}

// TestQuickstartOutputIsOnThePage requires the page to show what the quickstart
// prints; the quickstart's own test compares that with the real output.
func TestQuickstartOutputIsOnThePage(t *testing.T) {
	t.Parallel()
	if output := read(t, "quickstart/testdata/output.txt"); !strings.Contains(read(t, "../README.md"), "```text\n"+output+"```\n") {
		t.Errorf("the README does not show what the quickstart prints:\n%s", output)
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// TestLinksLead requires each relative link of the pages to lead to a file.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
