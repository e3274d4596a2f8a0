package editor

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/depgen/depgen/templates"
)

// file is a schema, with the lines that the server may mark.
type file struct {
	name, text string
	wrong      bool  // in its form, so the server must report it
	depgen     []int // the lines of depgen's problems
	want       []int // the lines that the server marks; nil for some of depgen's
}

// elsewhere lists the goldens where the server and depgen mark different lines.
var elsewhere = map[string][]int{
	// The YAML is broken: the server continues after the mistake, and
	// finds more.
	"bad_alias_bomb.txtar":  {2, 3, 4, 5, 6, 7},
	"bad_yaml_anchor.txtar": {3, 5},
	"bad_yaml_colon.txtar":  {3, 4},
	"bad_yaml_quote.txtar":  {3, 6},
	"bad_yaml_tab.txtar":    {2, 3, 4},
	// For the server, these are valid YAML, and JSON Schema has no rule
	// for them.
	"bad_alias_loop.txtar":   {},
	"bad_merge.txtar":        {},
	"bad_only_comment.txtar": {},
	// The line that names the JSON Schema applies to the first document only.
	"bad_documents.txtar": {},
	// depgen marks the second of two keys. JSON Schema knows no order.
	"bad_id_and_values.txtar": {5, 7, 9},
	// depgen stops at an unknown version.
	"bad_version_newer.txtar": {1, 3},
}

// TestServer opens all schemas in one server, and compares its diagnostics and
// hovers.
func TestServer(t *testing.T) {
	t.Parallel()
	c := startClient(t)
	files := slices.Concat(goldens(t), validSchemas(t))
	for _, f := range files {
		c.open(t, "file:///golden/"+f.name, f.text)
	}
	for i, tt := range messages {
		c.open(t, messageURI(i), tt.schema)
	}
	c.open(t, "file:///hover.yaml", everyKey)

	// The subtests are parallel, so the server is asked before they begin.
	found := make([][]diagnostic, len(files))
	for i, f := range files {
		found[i] = c.diagnose(t, "file:///golden/"+f.name)
	}
	said := make([][]diagnostic, len(messages))
	for i := range messages {
		said[i] = c.diagnose(t, messageURI(i))
	}
	hovers := map[string]string{}
	for i, line := range strings.Split(everyKey, "\n") {
		if key := strings.IndexFunc(line, func(r rune) bool { return r != ' ' && r != '-' }); key >= 0 {
			hovers[line] = c.hover(t, "file:///hover.yaml", position{i + 1, key})
		}
	}

	for i, f := range files {
		t.Run("lines/"+f.name, func(t *testing.T) {
			t.Parallel()
			requireLines(t, f, found[i])
		})
	}
	for i, tt := range messages {
		t.Run("messages/"+tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range said[i] {
				got = append(got, fmt.Sprintf("%d: %s", d.Range.Start.Line, d.Message))
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for line, text := range hovers {
		t.Run("hover/"+strings.TrimSpace(line), func(t *testing.T) {
			t.Parallel()
			if text, _, _ = strings.Cut(text, "Source:"); strings.TrimSpace(text) == "" || strings.Contains(text, "#### ") {
				t.Errorf("got %q, want a text without the title of the whole schema", text)
			}
		})
	}
}

func messageURI(i int) string { return "file:///message/" + strconv.Itoa(i) + ".yaml" }

// useless are messages of the server that name no mistake.
var useless = []string{
	"Matches multiple schemas", "Matches a schema that is not allowed", "does not match the pattern", `Expected "kind"`, "Expected one of",
}

// requireLines fails unless the server finds the mistakes of form in a file,
// marks only lines that depgen reports, and shows helpful messages.
func requireLines(t *testing.T, f file, found []diagnostic) {
	t.Helper()
	lines := []int{}
	for _, d := range found {
		lines = append(lines, d.Range.Start.Line)
		for _, words := range useless {
			if strings.Contains(d.Message, words) {
				t.Errorf("line %d: %q helps nobody", d.Range.Start.Line, d.Message)
			}
		}
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	alarm := slices.ContainsFunc(lines, func(line int) bool { return !slices.Contains(f.depgen, line) })
	switch {
	case f.want != nil:
		if !slices.Equal(lines, f.want) {
			t.Errorf("the server marks the lines %v, want %v: %v", lines, f.want, found)
		}
	case alarm || !f.wrong && len(lines) > 0:
		t.Errorf("the server marks the lines %v, depgen %v, and wrong in form: %v: %v", lines, f.depgen, f.wrong, found)
	case f.wrong && len(lines) == 0:
		t.Errorf("the server marks nothing, depgen the lines %v", f.depgen)
	}
}

var (
	formWrong = regexp.MustCompile(`(?m)^form: wrong$`)
	problem   = regexp.MustCompile(`(?m)^deps\.yaml:(\d+):`)
)

func goldens(t *testing.T) []file {
	t.Helper()
	var files []file
	for _, path := range glob(t, "../../../testdata/golden/*.txtar") {
		archive := txtar.Parse([]byte(read(t, path)))
		f := file{name: filepath.Base(path), wrong: formWrong.Match(archive.Comment)}
		f.want = elsewhere[f.name]
		for _, part := range archive.Files {
			switch part.Name {
			case "deps.yaml":
				f.text = string(part.Data)
			case "want: errors":
				for _, m := range problem.FindAllSubmatch(part.Data, -1) {
					line, err := strconv.Atoi(string(m[1]))
					if err != nil {
						t.Fatal(err)
					}
					f.depgen = append(f.depgen, line)
				}
			}
		}
		files = append(files, f)
	}
	for name := range elsewhere {
		if !slices.ContainsFunc(files, func(f file) bool { return f.name == name }) {
			t.Errorf("there is no golden %s", name)
		}
	}
	return files
}

func validSchemas(t *testing.T) []file {
	t.Helper()
	files := []file{{name: "starter.yaml", text: templates.Schema}}
	for _, pattern := range []string{"../../../testdata/schemas/*.yaml", "../../../examples/*/deps/deps.yaml"} {
		for i, path := range glob(t, pattern) {
			files = append(files, file{name: fmt.Sprintf("%d-%s", i, filepath.Base(path)), text: read(t, path)})
		}
	}
	return files
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("glob %s: %v, %v", pattern, paths, err)
	}
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
