package golang

import (
	"go/token"
	"testing"

	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	folder := &gotypes.Folder{Declared: []gotypes.Declared{
		{Name: "uuid", Pos: token.Position{Line: 1}},
		{Name: "Sure", Pos: token.Position{Line: 2}, Certain: true},
		{Name: "Maybe", Pos: token.Position{Line: 3}},
	}}
	part := &owner{part: &schema.Part{}}
	tests := []struct {
		name  string
		taken bool
		claim func(pkg, file *scope) *owner
	}{
		{"free", false, func(pkg, _ *scope) *owner { return pkg.claim("DepDoc", &owner{}) }},
		{"declared elsewhere", true, func(pkg, _ *scope) *owner { return pkg.claim("Sure", &owner{}) }},
		{"perhaps declared elsewhere", false, func(pkg, _ *scope) *owner { return pkg.claim("Maybe", &owner{}) }},
		{"import of such a name", true, func(_, file *scope) *owner { return file.claim("uuid", &owner{}) }},
		{"keyword", true, func(_, file *scope) *owner { return file.claim("range", &owner{}) }},
		{"parameter that hides another file's name", false, func(_, file *scope) *owner { return file.child().claim("uuid", part) }},
		{"parameter that hides an import", true, func(_, file *scope) *owner {
			file.claim("model", &owner{})
			return file.child().claim("model", part)
		}},
		{"the same in two functions", false, func(_, file *scope) *owner {
			file.child().claim("id", part)
			return file.child().claim("id", part)
		}},
		{"twice in one function", true, func(_, file *scope) *owner {
			function := file.child()
			function.claim("id", part)
			return function.claim("id", part)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pkg, file := scopes(folder)
			if got := tt.claim(pkg, file); (got != nil) != tt.taken {
				t.Errorf("got %+v, want taken: %v", got, tt.taken)
			}
		})
	}
	_, file := scopes(folder)
	if got := file.claimFirst("uuid", &owner{}); got != "uuid2" {
		t.Errorf("got %s, want uuid2", got)
	}
}
