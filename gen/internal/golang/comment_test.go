package golang

import (
	"go/build/constraint"
	"go/format"
	"strings"
	"testing"
)

func TestComment(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"one line", "a", "// a"},
		{"empty", "", "//"},
		{"blank lines", "\n\na\n\nb\n\n", "// a\n//\n// b"},
		{"every line break", "a\nb\rc\r\nd\ve\ff\u0085g\u2028h\u2029i", "// a\n// b\n// c\n// d\n// e\n// f\n// g\n// h\n// i"},
		{"other comments", "*/ a /* b\n// c", "// */ a /* b\n// // c"},
		{"directives", "//go:build a\n//line b:1\ngo:embed c", "// //go:build a\n// //line b:1\n// go:embed c"},
		{"old build constraint", "+build a\n  +build b\n\t+build c", "// \\+build a\n//\n// \t  \\+build b\n// \t\t\\+build c"},
		{"trailing space", "a \t\nb", "// a\n// b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := comment(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", lineWidth)
	tests := []struct{ name, text, want string }{
		{"short", "a  b", "a b"},
		{"exact", long[2:] + " y", long[2:] + " y"},
		{"over", long[1:] + " y z", long[1:] + "\ny z"},
		{"word too long", "a " + long + "x b", "a\n" + long + "x\nb"},
		{"last line of one word", "a b " + long[4:] + " y", "a b\n" + long[4:] + " y"},
		{"last line of one word after two", "a " + long[2:] + " y", "a " + long[2:] + "\ny"},
		{"last word fits no other", "a b " + long[4:] + " " + long, "a b " + long[4:] + "\n" + long},
		{"no break", long[3:] + " y" + noBreak + "z", long[3:] + "\ny z"},
		{"counted in characters", strings.Repeat("ö", lineWidth-2) + " y", strings.Repeat("ö", lineWidth-2) + " y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := wrap(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	if got, want := oneLine("a\nb\rc\u2028d\ufeffe\xfff\u202eg\u200bh ü"), "a?b?c?d?e?f?g?h ü"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzComment shows that any text stays a comment, and that gofmt leaves the
// file as it is.
func FuzzComment(f *testing.F) {
	for _, seed := range []string{"a", "*/", "+build a", "- a\n- b\n\n  c", "[a]: b", "# a\n\n\tb", "0. 0\n    * 0\n", "a\n\tb\nc",
		"0`````````````````````````````````````````````````````````````````````````````````0", "a ''''''''' b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\x00\ufeff") || strings.ToValidUTF8(text, "") != text {
			return // refused with the schema
		}
		doc := comment(text)
		for line := range strings.SplitSeq(doc, "\n") {
			if line != "//" && !strings.HasPrefix(line, "// ") || constraint.IsPlusBuild(line) || strings.Contains(line, "\r") {
				t.Fatalf("not a harmless comment line: %q", line)
			}
		}
		once, err := format.Source([]byte("package p\n\n" + doc + "\nfunc f() {}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := format.Source(once); err != nil || string(twice) != string(once) {
			t.Errorf("gofmt changes it again (%v):\n%s\n%s", err, once, twice)
		}
	})
}
