package schema

import (
	"fmt"
	"go/token"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var typeKeys = []string{"type", "named", "go", "kind"}

// decodeID reads a kind's id: a type, or a list of one-key mappings from part
// to type.
func (p *parser) decodeID(k *kindBody, e pair, what string) {
	p.beginID(k, e)
	n := e.value
	k.Parts = nil
	if deref(n).Kind != yaml.SequenceNode {
		if m := deref(n); m.Kind == yaml.MappingNode && looksLikeParts(m) {
			p.errorf(p.at(m), "%s: its parts must be a list, because their order matters; write \"%s\"", what, partsAsList(m))
			return
		}
		k.Parts = []*Part{{Name: "id", Type: p.scalarType(n, what), Pos: p.at(n)}}
		return
	}
	lines := map[string]int{}
	for _, item := range p.list(n, what, "") {
		pairs := p.mapping(item, what+": a part", `write "- number: int64"`)
		if len(pairs) != 1 {
			if deref(item).Kind == yaml.MappingNode {
				p.errorf(p.at(item), `%s: each part is a list item of its own, as in "- number: int64"`, what)
			}
			continue
		}
		e := pairs[0]
		if !validName(e.key) {
			p.errorf(e.pos, "%s: part %q: a name is made of a-z, 0-9 and _, begins with a letter, and has at most %d characters",
				what, e.key, maxName)
		}
		if line, twice := lines[e.key]; twice {
			p.errorf(e.pos, "%s: part %q is there twice, first on line %d; rename one", what, e.key, line)
		}
		lines[e.key] = e.pos.Line
		part := fmt.Sprintf("%s: part %q", what, e.key)
		k.Parts = append(k.Parts, &Part{Name: e.key, Type: p.scalarType(e.value, part), Pos: e.pos})
	}
}

// scalarType reads a type. After a problem it returns nil.
func (p *parser) scalarType(n *yaml.Node, what string) *Type {
	if deref(n).Kind == yaml.MappingNode {
		return p.typeMapping(n, what)
	}
	n = deref(n)
	types := "; the types are " + strings.Join(scalars, ", ")
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		p.errorf(p.at(n), "%s must be a type, not %s%s", what, describe(n), types)
		return nil
	}
	if !slices.Contains(scalars, n.Value) {
		p.errorf(p.at(n), "%s: %q is not a type%s", what, n.Value, p.suggestType(n.Value, types))
		return nil
	}
	return &Type{Scalar: n.Value}
}

func (p *parser) typeMapping(n *yaml.Node, what string) *Type {
	var base, named, goType, set *yaml.Node
	for _, e := range p.mapping(n, what, "") {
		switch e.key {
		case "type":
			base = e.value
		case "named":
			named = e.value
		case "go":
			goType = e.value
		case "kind":
			set = e.value
		default:
			p.unknownKey(e, what+": ", typeKeys)
			return nil
		}
	}
	switch {
	case goType != nil && base == nil && named == nil && set == nil:
		return p.goType(goType, what)
	case base != nil && named != nil && goType == nil && set == nil:
		return p.namedType(base, named, what)
	case set != nil && base == nil && named == nil && goType == nil:
		return p.kindType(set, what)
	}
	p.errorf(p.at(deref(n)), "%s: a type is a word, {type: T, named: Name}, {go: import/path.Type} or {kind: name}; write one of these", what)
	return nil
}

// namedType reads {type: T, named: Name}. A name used again for the same type
// is the same Go type, so relations can pass its values on.
func (p *parser) namedType(base, named *yaml.Node, what string) *Type {
	basic := p.scalarType(base, what+": type")
	name, ok := p.text(named, what+": named", "write a name like ContractID")
	if !ok || basic == nil {
		return nil
	}
	if *basic != (Type{Scalar: basic.Scalar}) || basic.Scalar == "uuid" {
		p.errorf(p.at(deref(base)), "%s: a named type stands on a string or an integer, not %s; write one of these", what, basic)
		return nil
	}
	if !token.IsIdentifier(name) || !token.IsExported(name) || strings.ContainsFunc(name, Hidden) {
		p.errorf(p.at(deref(named)), "%s: %q can't name an exported Go type; write one like ContractID", what, name)
		return nil
	}
	if t := p.named[name]; t != nil {
		if t.Scalar != basic.Scalar {
			p.errorf(p.at(deref(named)), "%s: %s stands on %s here, and on %s on line %d; rename one",
				what, name, basic, t.Scalar, t.Pos.Line)
		}
		return t
	}
	t := &Type{Scalar: basic.Scalar, Named: name, Pos: p.at(deref(named)), Where: what}
	p.named[name] = t
	return t
}
