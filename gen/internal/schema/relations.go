package schema

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// decodeRelations reads a list of one-key mappings from kind to argument.
func (p *parser) decodeRelations(n *yaml.Node, what string) []*Relation {
	var relations []*Relation
	lines := map[string]int{}
	for _, item := range p.list(n, what, `write "- user: $id"`) {
		pairs := p.mapping(item, what+": a relation", `write "user: $id"`)
		if len(pairs) != 1 {
			if deref(item).Kind == yaml.MappingNode {
				p.errorf(at(item), `%s: each relation is a list item of its own, as in "- table: docs"`, what)
			}
			continue
		}
		r := &Relation{name: pairs[0].key, pos: pairs[0].pos}
		if r.args = p.decodeArgs(pairs[0].value, what+": "+r.name); r.args == nil {
			continue
		}
		if line, twice := lines[r.String()]; twice {
			p.errorf(r.pos, "%s: %s is there twice, first on line %d; remove one", what, r, line)
		}
		lines[r.String()] = r.pos.line
		relations = append(relations, r)
	}
	return relations
}

func (p *parser) decodeArgs(n *yaml.Node, what string) []argument {
	items := []*yaml.Node{n}
	if deref(n).Kind == yaml.SequenceNode {
		items = p.list(n, what, "")
	}
	var args []argument
	for _, item := range items {
		text, ok := p.text(item, what+": the argument", "write a value, or a part like $id")
		if !ok {
			return nil
		}
		args = append(args, argument{text, at(item)})
	}
	return args
}

// String returns the relation as the schema has it: "note [$user, $number]".
func (r *Relation) String() string {
	texts := make([]string, len(r.args))
	for i, a := range r.args {
		texts[i] = a.text
	}
	return relationText(r.name, texts)
}

func relationText(kind string, args []string) string {
	if len(args) == 1 {
		return kind + " " + args[0]
	}
	return kind + " [" + strings.Join(args, ", ") + "]"
}
