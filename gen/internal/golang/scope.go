package golang

import (
	"fmt"
	"go/token"

	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// scope is one of Go's scopes: the universe, the package, the generated file
// with its imports, or a function.
type scope struct {
	outer *scope // nil for the universe
	names map[string]*owner
}

// owner is the part of the schema that a name comes from.
type owner struct {
	what string
	pos  token.Position
	fix  string // the advice if another part has the same name
	part *schema.Part
	// elsewhere reports whether the name comes from another file of the
	// package instead.
	elsewhere bool
}

// universe contains the names that generated code can't redeclare: Go's
// keywords and predeclared identifiers, and the variables that every function
// may have.
var universe = newUniverse(`init ctx err
	break case chan const continue default defer else fallthrough for func go goto if import interface map package
	range return select struct switch type var
	any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string
	uint uint8 uint16 uint32 uint64 uintptr true false iota nil
	append cap clear close complex copy delete imag len make max min new panic print println real recover`)

func newUniverse(words string) *scope {
	s := &scope{names: map[string]*owner{}}
	language := &owner{}
	for word := range wordSet(words) {
		s.names[word] = language
	}
	return s
}

// child returns a scope inside s.
func (s *scope) child() *scope { return &scope{outer: s, names: map[string]*owner{}} }

// claim takes a name for o. If s or a scope around it has the name already,
// claim returns its owner and takes nothing.
func (s *scope) claim(name string, o *owner) *owner {
	for at := s; at != nil; at = at.outer {
		first := at.names[name]
		if first == nil || first.elsewhere && o.part != nil { // a parameter may hide what its function does not use
			continue
		}
		return first
	}
	s.names[name] = o
	return nil
}

// claimFirst takes the first of name, name2, name3 and so on that is free, and
// returns it.
func (s *scope) claimFirst(name string, o *owner) string {
	for candidate, n := name, 2; ; n++ {
		if s.claim(candidate, o) == nil {
			return candidate
		}
		candidate = fmt.Sprintf("%s%d", name, n)
	}
}

// scopes returns the scopes of the package and the file with the names that
// other files declare. Go forbids an import the name of any declaration of the
// package. An exported name clashes only with those that are certain.
func scopes(folder *gotypes.Folder) (pkg, file *scope) {
	pkg = universe.child()
	file = pkg.child()
	for _, d := range folder.Declared {
		o := &owner{pos: d.Pos, elsewhere: true}
		s := file
		if d.Certain {
			s = pkg
		}
		if s.names[d.Name] == nil {
			s.names[d.Name] = o
		}
	}
	return pkg, file
}
