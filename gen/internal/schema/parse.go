package schema

import (
	"fmt"
)

// Parse reads a schema. Problems show the name. The error is [Problems], with
// every problem in file order. The load function loads the types that the
// schema names with {go: …}. With a nil load they count as strings, unchecked:
// the result is good for looking at a schema, not for emitting it.
func Parse(name string, src []byte, load LoadTypes) (*File, error) {
	p := &parser{
		name:        name,
		file:        File{name: name},
		kinds:       map[string]*Kind{},
		named:       map[string]*Type{},
		goTypes:     map[TypeName]*Type{},
		suggestions: maxSuggestions,
	}
	if root := p.read(src); root != nil {
		p.decode(root)
		p.loadTypes(load)
		p.resolveKindTypes()
		p.chooseNames()
		p.checkPredeclared()
		p.relate()
	}
	if len(p.problems) > 0 {
		return nil, p.problems.sorted()
	}
	return &p.file, nil
}

// parser is the state of reading one schema.
type parser struct {
	name     string
	problems Problems
	file     File

	kinds       map[string]*Kind
	named       map[string]*Type
	goTypes     map[TypeName]*Type
	goOrder     []TypeName // the keys of goTypes, in order of first use
	kindTypes   []*Type    // those of {kind: …}, to be resolved when all kinds are known
	others      others
	suggestions int // how many more may be searched for
}

func (p *parser) errorf(at pos, format string, args ...any) {
	p.problems = append(p.problems, &Problem{
		File: p.name, Line: at.line, Column: at.column, Msg: legible(fmt.Sprintf(format, args...)),
	})
}
