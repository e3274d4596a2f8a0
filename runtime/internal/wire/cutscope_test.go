package wire

import "testing"

func TestCutScope(t *testing.T) {
	t.Parallel()
	scope := Scope(ScopeDeps(nil), []string{"x"})
	for text, want := range map[string]struct {
		before string
		found  bool
	}{
		"s\n" + scope:                    {"s", true},
		"s " + scope + " \n":             {"s", true},
		scope:                            {"", true},
		"s":                              {"s", false},
		scope + " s":                     {scope + " s", false},
		"[cache scope short]":            {"[cache scope short]", false},
		"[cache scope ayrgpqwqehj8jrqu]": {"[cache scope ayrgpqwqehj8jrqu]", false},
		"[cache scope ayrgpqwqehj8jrq1":  {"[cache scope ayrgpqwqehj8jrq1", false},
	} {
		if before, found := CutScope(text); before != want.before || found != want.found {
			t.Errorf("%q: got %q %v, want %q %v", text, before, found, want.before, want.found)
		}
	}
}
