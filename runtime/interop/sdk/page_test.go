package sdk

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// TestPageShowsHowToBuildEach requires docs/sdks.md to show each SDK's
// construction, as written in its tests.
func TestPageShowsHowToBuildEach(t *testing.T) {
	t.Parallel()
	page := read(t, "../../../docs/sdks.md")
	for constructor, file := range map[string]string{
		"newOpenAI":    "openai_test.go",
		"newAnthropic": "anthropic_test.go",
		"newGoOpenAI":  "goopenai_test.go",
		"newLangChain": "langchain_test.go",
		"newEino":      "eino_test.go",
		"newGenAI":     "genai_test.go",
		"newGenkit":    "../genkit/genkit_test.go",
	} {
		lines := beforeReturn(t, file, constructor)
		if !strings.Contains(page, "```go\n"+lines+"```\n") {
			t.Errorf("the page does not show how %s in %s builds it:\n%s", constructor, file, lines)
		}
	}
}

// beforeReturn returns the body of a function without its last statement and
// without indentation.
func beforeReturn(t *testing.T, path, function string) string {
	t.Helper()
	text := read(t, path)
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, declared := range file.Decls {
		f, ok := declared.(*ast.FuncDecl)
		if !ok || f.Name.Name != function || len(f.Body.List) < 2 {
			continue
		}
		from := files.Position(f.Body.List[0].Pos()).Offset
		to := files.Position(f.Body.List[len(f.Body.List)-1].Pos()).Offset
		return strings.TrimSuffix(strings.ReplaceAll(text[from:to], "\n\t", "\n"), "\t")
	}
	t.Fatalf("%s has no function %s with a result that it builds first", path, function)
	return ""
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
