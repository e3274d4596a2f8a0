package examples_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestWrongPagesFail shows that each check of the pages can fail, and at which
// line.
func TestWrongPagesFail(t *testing.T) {
	t.Parallel()
	sources := map[string]string{"a.go": "func f() {\n\tcachecore.Use(ctx, dep)\n}\n"}
	printed := map[string]bool{"hello\n": true}
	compiled := func(_ *testing.T, p page) []string { return notCompiled(p, sources) }
	output := func(_ *testing.T, p page) []string { return notPrinted(p, printed) }
	shown := func(_ *testing.T, p page) []string { return notShown(p, "hello\n") }
	imports := func(_ *testing.T, p page) []string { return importedLate(p) }
	run := func(_ *testing.T, p page) []string {
		return notRun(p, map[string]func(*testing.T, string){"a": func(*testing.T, string) {}})
	}
	whole := func(_ *testing.T, p page) []string { return unchecked(p) }
	const imported = "`\"github.com/depgen/depgen/runtime/cachecore\"`\n"
	const use = "```go\ncachecore.Use(ctx, dep)\n```\n"
	tests := []struct {
		name  string
		check func(*testing.T, page) []string
		text  string
		want  string // how the one problem begins, or empty without any
	}{
		{"compiled", compiled, use, ""},
		{"not compiled", compiled, "a\n\n```go\ncachecore.Use(dep)\n```\n", "3: this snippet is in no Go file"},
		{"not compiled, in a list", compiled, "- a\n\n  ```go\n  f()\n  ```\n", "3: this snippet is in no Go file"},
		{"not compiled, with tildes", compiled, "~~~go\nf()\n~~~\n", "1: this snippet is in no Go file"},
		{"not compiled, in a quotation", compiled, "> ```go\n> f()\n> ```\n", "1: this snippet is in no Go file"},
		{"not compiled, without an end", compiled, "```go\nf()\n", "1: this snippet is in no Go file"},

		{"schema", unexpected, "```yaml\nversion: 1\nkinds:\n  doc: {id: string}\n```\n", ""},
		{"wrong schema", unexpected, "```yaml\nversion: 1\nkinds:\n  doc: {id: text}\n```\n", `1: marked as "", and the error is deps.yaml:`},
		{"marked schema", unexpected, "```yaml wrong\nversion: 1\nkinds:\n  doc: {id: text}\n```\n", ""},
		{"marked without need", unexpected, "```yaml wrong\nversion: 1\nkinds:\n  doc: {id: string}\n```\n", `1: marked as "wrong", and the error is <nil>`},

		{"printed", output, "```text\nhello\n```\n", ""},
		{"not printed", output, "```text\nhello!\n```\n", "1: no test has this as its output:\nhello!"},

		{"shown", shown, "```text\nhello\n```\n", ""},
		{"not shown as a block", shown, "hello\n", "no text block shows the output\nhello"},
		{"shown as another language", shown, "```sh\nhello\n```\n", "no text block shows the output\nhello"},

		{"imported", imports, imported + use, ""},
		{"imported late", imports, use + imported, "1: this snippet uses cachecore before"},
		{"not imported", imports, "\n" + use, "2: this snippet uses cachecore before"},
		{"not used", imports, imported, "no snippet uses cachecore"},

		{"run", run, "```sh\na\na\n```\n", ""},
		{"not run", run, "```sh\na\nb\n```\n", `1: no test runs "b"`},

		{"another answer", otherAnswers, "```console\n$ curl $CACHECORE_URL/a\nb\n```\n", "1: curl $CACHECORE_URL/a: the gateway answers\n{\"error\""},
		{"another command", otherAnswers, "a\n\n```console\n$ wget a\n```\n", "3: wget a: "},

		{"block", whole, "```go\n```\n\n```yaml wrong\na\n```\n\n> ```sh\n> a\n> ```\n", ""},
		{"no language", whole, "a\n\n```\na\n```\n", "3: a block names no language"},
		{"no language, in a list", whole, "- a\n\n  ```\n  a\n  ```\n", "3: a block names no language"},
		{"indented code", whole, "a\n\n    b\n    c\n", "3: a block names no language"},
		{"indented fence", whole, "a\n\n    ```go\n    a\n    ```\n", "3: a block names no language"},
		{"unknown language", whole, "```golang\na\n```\n", `1: no test reads blocks of the language "golang"`},
		{"capital letter", whole, "```Go\na\n```\n", `1: no test reads blocks of the language "Go"`},
		{"unknown mark", whole, "```yaml  wrongly\na\n```\n", `1: no test reads the mark "wrongly"`},
		{"no end", whole, "```go\na\n", "1: a block does not end"},
		{"no end, empty", whole, "```go\n", "1: a block does not end"},
		{"no end, in a list", whole, "- a\n\n  ```go\n  a\n\nb\n", "3: a block does not end"},

		{"one of many", dead, "# A `b_c`\n\n[a](schema.md) ![b](../README.md) [c](#a-b_c) [d](https://a.example/b.md#c) [e](schema.md#keys) [f](../examples)\n\n## Keys\n", "3: ../docs/schema.md has no heading #keys"},
		{"no file", dead, "a\n\n[a](b.md)\n", "3: stat ../docs/b.md: no such file"},
		{"no file, reference", dead, "[a][b]\n\n[b]: c.md\n", "1: stat ../docs/c.md: no such file"},
		{"no file, title", dead, "[a](b.md \"title\")\n", "1: stat ../docs/b.md: no such file"},
		{"no image", dead, "a\n![a](b.png)\n", "2: stat ../docs/b.png: no such file"},
		{"no file, in a table", dead, "| a |\n|---|\n| b |\n| [c](d.md) |\n", "4: stat ../docs/d.md: no such file"},
		{"no file, in a heading", dead, "# [a](b.md)\n", "1: stat ../docs/b.md: no such file"},
		{"no heading", dead, "# A\n\n[a](#b)\n", "3: ../docs/page.md has no heading #b"},
		{"heading in a block", dead, "```sh\n# b\n```\n\n[a](#b)\n", "5: ../docs/page.md has no heading #b"},
		{"heading of a Go file", dead, "[a](../runtime/cachecore/doc.go#b)\n", "1: ../runtime/cachecore/doc.go has no heading #b"},
		{"link in a block", dead, "```sh\n[a](b.md)\n```\n\n`[a](b.md)`\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.check(t, parse("../docs/page.md", tt.text))
			if tt.want == "" {
				if len(got) > 0 {
					t.Errorf("got %q", got)
				}
				return
			}
			if len(got) != 1 || !strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(got[0], "../docs/page.md:"), " "), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// GitHub's anchors.
func TestAnchors(t *testing.T) {
	t.Parallel()
	p := parse("page.md", "# What's *new* in `a_b`, or [c](d.md)?\n\nA & B\n-----\n\n### A & B\n\n### Größe – 日本 1.2\n\n# A & B\n")
	want := []string{"whats-new-in-a_b-or-c", "a--b", "a--b-1", "größe--日本-12", "a--b-2"}
	if !reflect.DeepEqual(p.anchors, want) {
		t.Errorf("got %q, want %q", p.anchors, want)
	}
}

// The text of a block is that of its lines, without the indentation of a list.
func TestBlocks(t *testing.T) {
	t.Parallel()
	p := parse("page.md", "1. a\n\n   ```sh\n   b\n     c\n   ```\n\n````text\n```\n````\n")
	var got []string
	for _, b := range p.blocks {
		got = append(got, b.problem("%s %s", b.lang, b.text))
	}
	if want := []string{"page.md:3: sh b\n  c\n", "page.md:8: text ```\n"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
