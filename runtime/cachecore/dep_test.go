package cachecore_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestNewDep(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dep  cachecore.Dep
		id   string
		err  string // "" for a valid dep
	}{
		{"plain", cachecore.NewDep("doc:contract-123"), "doc:contract-123", ""},
		{"colon in the id", cachecore.NewDep("url:https://a/b"), "url:https://a/b", ""},
		{"without prefix", cachecore.NewDep("everything"), "everything", ""},
		{"not ASCII", cachecore.NewDep("doc:Prüfung"), "doc:Prüfung", ""},
		{"zero value", cachecore.Dep{}, "", "zero value"},
		{"empty", cachecore.NewDep(""), "", "empty id"},
		{"nothing after the colon", cachecore.NewDep("doc:"), "doc:", "empty id"},
		{"nothing before the colon", cachecore.NewDep(":1"), ":1", "no prefix"},
		{"not UTF-8", cachecore.NewDep("doc:\xff"), "doc:\xff", "not valid UTF-8"},
		{"composite", cachecore.NewCompositeDep("note", "u1", "7"), "note:u1/7", ""},
		{"composite, escaped", cachecore.NewCompositeDep("note", "a/b", "100%"), "note:a%2Fb/100%25", ""},
		{"composite, one part", cachecore.NewCompositeDep("note", "x"), "note:x", ""},
		{"composite, no parts", cachecore.NewCompositeDep("note"), "note:", "empty id"},
		{"composite, empty part", cachecore.NewCompositeDep("note", "u1", ""), "note:u1/", "empty part"},
		{"composite, not UTF-8", cachecore.NewCompositeDep("note", "u1", "\xff"), "note:u1/\xff", "not valid UTF-8"},
		{"invalid", cachecore.InvalidDep("user", errors.New("no text form")), "user:", "no text form"},
		{"invalid for no reason", cachecore.InvalidDep("user", nil), "user:", "no reason"},
		{"longest id", cachecore.NewDep("doc:" + strings.Repeat("x", 4092)), "doc:" + strings.Repeat("x", 4092), ""},
		{"id too long", cachecore.NewDep("doc:" + strings.Repeat("x", 4093)), "doc:" + strings.Repeat("x", 4093), "4097 bytes"},
		{"hash too long", cachecore.NewDep("doc:1").WithHash(strings.Repeat("x", 1025)), "doc:1", "1025 bytes"},
		{"empty hash", cachecore.NewDep("doc:1").WithHash(""), "doc:1", "empty hash"},
		{"hash not UTF-8", cachecore.NewDep("doc:1").WithHash("\xff"), "doc:1", "hash that is not valid UTF-8"},
		{"hash of an invalid dep", cachecore.NewDep("doc:").WithHash(""), "doc:", "empty id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.dep.ID() != tt.id || tt.dep.String() != tt.id {
				t.Errorf("id %q, String %q, want %q", tt.dep.ID(), tt.dep, tt.id)
			}
			switch err := tt.dep.Err(); {
			case (err == nil) != (tt.err == ""):
				t.Errorf("err %v, want %q", err, tt.err)
			case err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\n")):
				t.Errorf("err %q, want %q on one line", err, tt.err)
			}
		})
	}
}

func TestInvalidDep_KeepsTheCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("no text form")
	if err := cachecore.InvalidDep("user", cause).Err(); !errors.Is(err, cause) {
		t.Errorf("%v does not wrap its cause", err)
	}
}

func TestDep_IsImmutable(t *testing.T) {
	t.Parallel()
	base := cachecore.NewDep("doc:1").PartOf(cachecore.NewDep("table:a"))
	one := base.PartOf(cachecore.NewDep("table:b"))
	two := base.PartOf(cachecore.NewDep("table:c"))
	hashed := base.WithHash("9")
	if base.Hash() != "v1" || hashed.Hash() != "9" {
		t.Errorf("hashes %q, %q", base.Hash(), hashed.Hash())
	}
	for _, tt := range []struct {
		dep  cachecore.Dep
		want string
	}{
		{base, "doc:1 table:a"}, {one, "doc:1 table:a table:b"}, {two, "doc:1 table:a table:c"}, {hashed, "doc:1 table:a"},
	} {
		if got := ids(cachecore.Expand(tt.dep)); got != tt.want {
			t.Errorf("expanded to %q, want %q", got, tt.want)
		}
	}
}

// ids returns the deps' ids in one line.
func ids(deps []cachecore.Dep) string {
	var out []string
	for _, d := range deps {
		out = append(out, d.ID())
	}
	return strings.Join(out, " ")
}

func TestExpand(t *testing.T) {
	t.Parallel()
	all := cachecore.NewDep("db:all")
	docs := cachecore.NewDep("table:docs").PartOf(all)
	doc := cachecore.NewDep("doc:1").PartOf(docs)
	notes := cachecore.NewDep("table:notes").PartOf(all)
	tests := []struct {
		name string
		deps []cachecore.Dep
		want string
	}{
		{"none", nil, ""},
		{"no relations", []cachecore.Dep{cachecore.NewDep("a"), cachecore.NewDep("b")}, "a b"},
		{"duplicates", []cachecore.Dep{cachecore.NewDep("a"), cachecore.NewDep("b"), cachecore.NewDep("a")}, "a b"},
		{"transitive", []cachecore.Dep{doc}, "doc:1 table:docs db:all"},
		{"two wholes that meet", []cachecore.Dep{doc.PartOf(notes)}, "doc:1 table:docs db:all table:notes"},
		{"shared wholes once", []cachecore.Dep{doc, cachecore.NewDep("doc:2").PartOf(docs)}, "doc:1 table:docs db:all doc:2"},
		{"made by hand, then generated", []cachecore.Dep{cachecore.NewDep("doc:1"), doc}, "doc:1 table:docs db:all"},
		{"generated, then made by hand", []cachecore.Dep{doc, cachecore.NewDep("doc:1")}, "doc:1 table:docs db:all"},
		{"other relations of the same id", []cachecore.Dep{doc, cachecore.NewDep("doc:1").PartOf(notes)}, "doc:1 table:docs db:all table:notes"},
		{"groups are no wholes", []cachecore.Dep{cachecore.NewDep("doc:1").GroupedBy(docs)}, "doc:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := cachecore.Expand(tt.deps...)
			if ids(got) != tt.want {
				t.Errorf("got %q, want %q", ids(got), tt.want)
			}
			if again := cachecore.Expand(got...); ids(again) != tt.want {
				t.Errorf("expanded again it is %q", ids(again))
			}
		})
	}
}

// Wholes that share their own wholes, level after level, are visited once each:
// with 60 levels, a walk that repeats them would never end.
func TestExpand_SharedWholesAreVisitedOnce(t *testing.T) {
	t.Parallel()
	d := cachecore.NewDep("level:0")
	for range 60 {
		d = cachecore.NewDep(d.ID()+"x").PartOf(d, d)
	}
	if n := len(cachecore.Expand(d)); n != 61 {
		t.Errorf("%d deps, want 61", n)
	}
}

func TestExpand_LastVersionStands(t *testing.T) {
	t.Parallel()
	d := cachecore.NewDep("price:1")
	for _, tt := range []struct {
		deps []cachecore.Dep
		want string
	}{
		{[]cachecore.Dep{d.WithHash("1"), d.WithHash("2")}, "2"},
		{[]cachecore.Dep{d, d.WithHash("2")}, "2"},
		{[]cachecore.Dep{d.WithHash("2"), d}, "2"},
	} {
		if got := cachecore.Expand(tt.deps...); len(got) != 1 || got[0].Hash() != tt.want {
			t.Errorf("got %v with hash %q, want %q", got, got[0].Hash(), tt.want)
		}
	}
}

func FuzzNewCompositeDep(f *testing.F) {
	f.Add("a/b", "c", "a", "b/c")
	f.Add("%2F", "x", "/", "x")
	f.Add("%", "25", "%25", "")
	f.Add("a", "", "", "a")
	f.Add("\xff", "\xfe", "�", "�")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		for _, other := range [][]string{{c, d}, {c}, {c + "/" + d}, {c, d, a}} {
			x, y := cachecore.NewCompositeDep("k", a, b), cachecore.NewCompositeDep("k", other...)
			if x.Err() == nil && y.Err() == nil && x.ID() == y.ID() && !reflect.DeepEqual([]string{a, b}, other) {
				t.Errorf("%q and %q are both %q", []string{a, b}, other, x.ID())
			}
		}
	})
}

func TestDep_ErrorsAreShort(t *testing.T) {
	t.Parallel()
	for _, d := range []cachecore.Dep{
		cachecore.NewDep(strings.Repeat("x", 10_000) + ":"),
		cachecore.NewDep("doc:" + strings.Repeat("x", 10_000)),
		cachecore.NewDep("doc:" + strings.Repeat("x", 4000)).WithHash(""),
	} {
		if err := (&cachecore.InvalidateError{Dep: d, Err: d.Err()}).Error(); len(err) > 600 {
			t.Errorf("an error of %d bytes: %s", len(err), err)
		}
	}
}

func TestDep_Versioned(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dep  cachecore.Dep
		want bool
	}{
		"no version":         {cachecore.NewDep("doc:1"), false},
		"a version":          {cachecore.NewDep("doc:1").WithHash("42"), true},
		"a version spelt v1": {cachecore.NewDep("doc:1").WithHash("v1"), true},
	} {
		if got := tt.dep.Versioned(); got != tt.want {
			t.Errorf("%s: Versioned() = %t, want %t", name, got, tt.want)
		}
	}
}
