package schema

import (
	"strings"
	"testing"
	"unicode/utf16"
)

const small = "version: 1\nkinds:\n  doc:\n    id: string\n    description: |\n      one\n      two\n"

// Line ends and a byte-order mark are up to the editor.
func TestEncodingsOfOneSchema(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src string }{
		{"LF", small},
		{"CRLF", strings.ReplaceAll(small, "\n", "\r\n")},
		{"CR", strings.ReplaceAll(small, "\n", "\r")},
		{"byte-order mark", "\ufeff" + small},
		{"byte-order mark and CRLF", "\ufeff" + strings.ReplaceAll(small, "\n", "\r\n")},
		{"document markers", "---\n" + small + "...\n"},
		{"no line end at the end", strings.TrimSuffix(small, "\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, problems := Parse("deps.yaml", []byte(tt.src))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if k := f.Kinds[0]; k.Name != "doc" || strings.TrimSpace(k.Description) != "one\ntwo" {
				t.Errorf("got kind %q, described as %q", k.Name, k.Description)
			}
		})
	}
}

func utf16Text(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// Schemas that can't be written in a golden file.
func TestBytes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"nothing", "", "deps.yaml:1:1: the schema is empty; depgen init writes one to start from"},
		{"only blanks", " \n\n", "deps.yaml:1:1: the schema is empty; depgen init writes one to start from"},
		{"only a mark", "---\n", "deps.yaml:1:1: the schema is empty; depgen init writes one to start from"},
		{"NUL", "version: 1\r\nkünds\x00", "deps.yaml:2:6: the character U+0000 is not allowed here; remove it"},
		{"escape", "version: \x1b[1m", "deps.yaml:1:10: the character U+001B is not allowed here; remove it"},
		{"delete", "a\rb\u0085c\u2028d\u2029\x7f", "deps.yaml:5:1: the character U+007F is not allowed here; remove it"},
		{"second byte-order mark", "\ufeff\ufeff", "deps.yaml:1:1: the character U+FEFF is not allowed here; remove it"},
		{"not UTF-8", "version: 1\nä\xe4", "deps.yaml:2:2: not valid UTF-8; save the file as UTF-8"},
		{"UTF-16", utf16Text(small), "deps.yaml:1:1: not valid UTF-8; save the file as UTF-8"},
		{"deep", "version: 1\nkinds: " + strings.Repeat("[", 20_000), "deps.yaml:2:1: not valid YAML: exceeded max depth of 10000"},
		{"broken second document", small + "---\na: b: c\n", "deps.yaml:9:1: not valid YAML: mapping values are not allowed in this context" +
			`; quote text that holds ": "`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse("deps.yaml", []byte(tt.src))
			if problems.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", problems, tt.want)
			}
		})
	}
}
