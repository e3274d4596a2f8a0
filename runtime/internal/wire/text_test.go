package wire_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/internal/wire"
)

func TestShow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"doc:contract-123":       "doc:contract-123",
		"note:a%2Fb/7":           "note:a%2Fb/7",
		"":                       `""`,
		"a b":                    `"a b"`,
		`a"b\`:                   `"a\"b\\"`,
		"caf\u00e9\r\n\u202e":    `"caf\u00e9\r\n\u202e"`,
		"a;b,c":                  `"a;b,c"`,
		strings.Repeat("x", 81):  strings.Repeat("x", 80) + "...",
		strings.Repeat("é", 100): `"` + strings.Repeat(`\u00e9`, 40) + `"...`,
	} {
		if got := wire.Show(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      `""`,
		"a b~":                  `"a b~"`,
		`"\`:                    `"\"\\"`,
		"é\n\x7f":               `"\\u00e9\\n\\x7f"`,
		"\xff'":                 `"\\ufffd'"`,
		strings.Repeat("x", 30): `"` + strings.Repeat("x", 20) + `..."`,
		strings.Repeat(`"`, 30): `"` + strings.Repeat(`\"`, 10) + `..."`,
	} {
		if got := string(wire.AppendString(nil, text, 20)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	form := regexp.MustCompile(`^"(?:[ !#-\[\]-~]|\\["\\])*"$`) // RFC 8941
	f.Add("\x00\u202e\xff\"\\", 10)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		got := string(wire.AppendString(nil, text, limit))
		if !form.MatchString(got) || limit < 1000 && len(got) > max(limit, 0)+20 {
			t.Errorf("limit %d: %s", limit, got)
		}
	})
}
