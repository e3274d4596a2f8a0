package schema

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	t.Parallel()
	known := []string{"description", "id", "user", "versioned"}
	tests := []struct{ name, word, want string }{
		{"letter missing", "desription", "description"},
		{"letter too many", "userr", "user"},
		{"other letter", "uzer", "user"},
		{"neighbours swapped", "versinoed", "versioned"},
		{"swapped in a short word", "di", "id"},
		{"plural", "users", "user"},
		{"far", "price", ""},
		{"empty", "", ""},
		{"longer than any name", strings.Repeat("user", 100), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &parser{suggestions: 1}
			want := "none"
			if tt.want != "" {
				want = ` (did you mean "` + tt.want + `"?)`
			}
			if got := p.suggest(tt.word, known, "none"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// A suggestion compares every name, so a file with many errors gets only
// some suggestions.
func TestSuggestionsAreBounded(t *testing.T) {
	t.Parallel()
	src := "version: 1\nkinds:\n  doc:\n    id: string\n    part_of:\n" + strings.Repeat("      - dox: $id\n      - doy: $id\n", 100)
	_, problems := Parse("deps.yaml", []byte(src))
	if got := strings.Count(problems.Error(), "did you mean"); got != maxSuggestions {
		t.Errorf("got %d suggestions, want %d", got, maxSuggestions)
	}
}

func TestCheckPackage(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"deps", "deps2", "deps_test", "größe"} {
		if err := CheckPackage(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "_", "main", "init", "documentation", "func", "deps\u3164", "1deps", "my-deps", "a.b", "a b"} {
		if CheckPackage(name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}
