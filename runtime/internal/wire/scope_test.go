package wire_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"github.com/depgen/depgen/runtime/internal/wire"
)

func TestScopeVectors(t *testing.T) {
	t.Parallel()
	lines := map[string]string{}
	for _, v := range read[struct {
		Deps []jsonDep
		More []string
		Text string
		Line string
	}](t, "scope.json") {
		if other, again := lines[v.Line]; again {
			t.Errorf("%s and %s have the same line", v.Text, other)
		}
		lines[v.Line] = v.Text
		deps := depsVector{Deps: v.Deps}.deps()
		for range 2 {
			if got := wire.Scope(wire.ScopeDeps(deps), v.More); got != v.Line {
				t.Errorf("%s: got %s, want %s", v.Text, got, v.Line)
			}
			slices.Reverse(deps)
		}
	}
}

// Scope must not change the deps' text, which is kept and shared.
func TestScope_LeavesTheDepsAlone(t *testing.T) {
	t.Parallel()
	text := append(wire.ScopeDeps([]wire.Dep{{ID: "doc:1", Hash: "v1"}}), "rest"...)
	head := text[:len(text)-len("rest")]
	wire.Scope(head, []string{"more"})
	if !bytes.HasSuffix(text, []byte("rest")) {
		t.Errorf("it became %s", text)
	}
}

// cutting is a text cut into deps and more.
type cutting struct {
	deps []wire.Dep
	more []string
}

// cut cuts the text after each byte whose bit is set in at. Of the pieces, the
// first become n deps, and the others more.
func cut(text string, at uint64, n uint8) cutting {
	var pieces []string
	begin := 0
	for i := range min(len(text), 64) {
		if at>>i&1 == 1 {
			pieces = append(pieces, text[begin:i+1])
			begin = i + 1
		}
	}
	pieces = append(pieces, text[begin:])
	var c cutting
	for len(c.deps) < int(n) && len(pieces) >= 2 {
		c.deps = append(c.deps, wire.Dep{ID: pieces[0], Hash: pieces[1]})
		pieces = pieces[2:]
	}
	c.more = pieces
	slices.SortFunc(c.deps, func(a, b wire.Dep) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Hash, b.Hash)) })
	return c
}

// A text cut in two ways has two lines. With 80 bits, equal lines show that the
// encoding is not injective.
func FuzzScope(f *testing.F) {
	f.Add("abc", uint64(0b01), uint8(0), uint64(0b10), uint8(0)) // ["a","bc"] and ["ab","c"]
	f.Add("abc", uint64(0b01), uint8(1), uint64(0b10), uint8(1))
	f.Add("abc", uint64(0b11), uint8(1), uint64(0b11), uint8(0))
	f.Add(`a","b`, uint64(0b10001), uint8(1), uint64(0), uint8(0))
	f.Add(`doc:1"],["doc:2\`, uint64(0x80), uint8(1), uint64(0x8080), uint8(1))
	f.Add(`x"]],["y]],[`, uint64(0b1010), uint8(2), uint64(0), uint8(0))
	f.Add("\xff\x00\u2028\\\"", uint64(0b111), uint8(1), uint64(0b110), uint8(1))
	f.Fuzz(func(t *testing.T, text string, at1 uint64, n1 uint8, at2 uint64, n2 uint8) {
		a, b := cut(text, at1, n1), cut(text, at2, n2)
		equal := slices.Equal(a.deps, b.deps) && slices.Equal(a.more, b.more)
		x, y := wire.Scope(wire.ScopeDeps(a.deps), a.more), wire.Scope(wire.ScopeDeps(b.deps), b.more)
		if (x == y) != equal {
			t.Errorf("%q: %s\n%q: %s", a, x, b, y)
		}
	})
}
