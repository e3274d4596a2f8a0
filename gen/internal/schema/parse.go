package schema

import (
	"go/token"

	"gopkg.in/yaml.v3"
)

// Parse reads a schema. Problems show the name. If there are problems, the file
// contains what could be read nevertheless: checks of a target language can add
// their own problems, but nothing must be generated.
func Parse(name string, src []byte) (*File, Problems) {
	p := &parser{
		file:        File{Name: name},
		kinds:       map[string]*Kind{},
		named:       map[string]*Type{},
		goTypes:     map[GoName]*Type{},
		sets:        map[string]bool{},
		broken:      map[*Kind]bool{},
		suggestions: maxSuggestions,
	}
	if root := p.read(src); root != nil {
		p.decode(root)
		p.resolveKindTypes()
		p.resolveRelations()
		g := p.checkGraph()
		g.checkOverlaps()
	}
	return &p.file, p.problems.Sorted()
}

// parser is the state of reading one schema.
type parser struct {
	problems Problems
	file     File

	kinds       map[string]*Kind
	named       map[string]*Type
	goTypes     map[GoName]*Type
	sets        map[string]bool // the names of kinds with values
	kindTypes   []*Type         // those of {kind: …}, to be resolved when all kinds are known
	relations   []*rawRelation  // to be resolved then, too
	broken      map[*Kind]bool  // kinds with a relation that is wrong
	suggestions int             // how many more may be searched for
}

func (p *parser) errorf(pos token.Position, format string, args ...any) {
	p.problems = append(p.problems, Problemf(pos, format, args...))
}

func (p *parser) at(n *yaml.Node) token.Position { return p.position(n.Line, n.Column) }

func (p *parser) position(line, column int) token.Position {
	return token.Position{Filename: p.file.Name, Line: line, Column: column}
}
