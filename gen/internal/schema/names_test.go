package schema

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, exported, local string }{
		{"doc", "Doc", "doc"},
		{"user_id", "UserID", "userID"},
		{"id", "ID", "id"},
		{"url_of_api", "URLOfAPI", "urlOfAPI"},
		{"a__b_", "AB", "aB"},
		{"utf8_1x", "UTF81x", "utf81x"},
		{"identity", "Identity", "identity"},
		{"order-items", "OrderItems", "orderItems"},
		{"public.users", "PublicUsers", "publicUsers"},
		{"orderItems", "OrderItems", "orderItems"},
		{"größe ändern", "GrößeÄndern", "größeÄndern"},
		{"日本", "日本", "日本"},
		{"a\u3164b\u200bc", "ABC", "aBC"},
		{"!?", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := exportedName(tt.name); got != tt.exported {
				t.Errorf("exported: got %s, want %s", got, tt.exported)
			}
			if got := localName(tt.name); got != tt.local {
				t.Errorf("local: got %s, want %s", got, tt.local)
			}
		})
	}
}

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
	_, err := Parse("deps.yaml", []byte(src), nil)
	if err == nil {
		t.Fatal("no error")
	}
	if got := strings.Count(err.Error(), "did you mean"); got != maxSuggestions {
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
