package schema

import (
	"go/token"
	"strings"

	"gopkg.in/yaml.v3"
)

// rawRelation is a relation as the schema gives it.
type rawRelation struct {
	from   *Kind
	to     *[]*Relation // the list of from that it belongs to
	key    string       // part_of or grouped_by
	target string
	args   []rawArg
	pos    token.Position
}

type rawArg struct {
	text string
	pos  token.Position
}

// decodeRelations reads a list of one-key mappings from kind to argument. The
// relations are resolved into list when all kinds are known.
func (p *parser) decodeRelations(k *Kind, list *[]*Relation, e pair, what string) {
	lines := map[string]int{}
	for _, item := range p.list(e.value, what, `write "- user: $id"`) {
		pairs := p.mapping(item, what+": a relation", `write "user: $id"`)
		if len(pairs) != 1 {
			if m := deref(item); m.Kind == yaml.MappingNode {
				p.errorf(p.at(item), `%s: each relation is a list item of its own, as in "- table: docs"`, what)
			}
			continue
		}
		r := &rawRelation{from: k, to: list, key: e.key, target: pairs[0].key, pos: pairs[0].pos}
		if r.args = p.decodeArgs(pairs[0].value, what+": "+r.target); r.args == nil {
			continue
		}
		text := r.String()
		if line, twice := lines[text]; twice {
			p.errorf(r.pos, "%s: %s is there twice, first on line %d; remove one", what, text, line)
		}
		lines[text] = r.pos.Line
		p.relations = append(p.relations, r)
	}
}

func (p *parser) decodeArgs(n *yaml.Node, what string) []rawArg {
	items := []*yaml.Node{n}
	if deref(n).Kind == yaml.SequenceNode {
		items = p.list(n, what, "")
	}
	var args []rawArg
	for _, item := range items {
		text, ok := p.text(item, what+": the argument", "write a value, or a part like $id")
		if !ok {
			return nil
		}
		args = append(args, rawArg{text, p.at(item)})
	}
	return args
}

// String returns the relation as the schema has it: "note [$user, $number]".
func (r *rawRelation) String() string {
	texts := make([]string, len(r.args))
	for i, arg := range r.args {
		texts[i] = arg.text
	}
	return relationText(r.target, texts)
}

func relationText(kind string, args []string) string {
	if len(args) == 1 {
		return kind + " " + args[0]
	}
	return kind + " [" + strings.Join(args, ", ") + "]"
}
