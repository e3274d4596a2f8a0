package schema

import (
	"fmt"
	"go/token"
	"strings"

	"gopkg.in/yaml.v3"
)

var typeKeys = []string{"type", "named", "go", "kind"}

// decodeID reads a kind's id: a type, or a list of one-key mappings from part
// to type.
func (p *parser) decodeID(k *Kind, n *yaml.Node, what string) {
	k.Params = nil
	if deref(n).Kind != yaml.SequenceNode {
		if m := deref(n); m.Kind == yaml.MappingNode && looksLikeParts(m) {
			p.errorf(at(m), "%s: its parts must be a list, because their order matters; write \"%s\"", what, partsAsList(m))
			return
		}
		k.Params = []*Param{{Name: "id", Type: p.scalarType(k, n, what), pos: at(n)}}
		return
	}
	lines := map[string]int{}
	for _, item := range p.list(n, what, "") {
		pairs := p.mapping(item, what+": a part", `write "- number: int64"`)
		if len(pairs) != 1 {
			if deref(item).Kind == yaml.MappingNode {
				p.errorf(at(item), `%s: each part is a list item of its own, as in "- number: int64"`, what)
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
		lines[e.key] = e.pos.line
		part := fmt.Sprintf("%s: part %q", what, e.key)
		k.Params = append(k.Params, &Param{Name: e.key, Type: p.scalarType(k, e.value, part), pos: e.pos})
	}
}

// scalarType reads a type. After a problem it returns nil.
func (p *parser) scalarType(k *Kind, n *yaml.Node, what string) *Type {
	if deref(n).Kind == yaml.MappingNode {
		return p.typeMapping(k, n, what)
	}
	n = deref(n)
	types := "; the types are " + strings.Join(scalars, ", ")
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		p.errorf(at(n), "%s must be a type, not %s%s", what, describe(n), types)
		return nil
	}
	t := scalar(n.Value)
	if t == nil {
		p.errorf(at(n), "%s: %q is not a type%s", what, n.Value, p.suggestType(n.Value, types))
	}
	return t
}

func (p *parser) typeMapping(k *Kind, n *yaml.Node, what string) *Type {
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
		return p.namedType(k, base, named, what)
	case set != nil && base == nil && named == nil && goType == nil:
		return p.kindType(set, what)
	}
	p.errorf(at(deref(n)), "%s: a type is a word, {type: T, named: Name}, {go: import/path.Type} or {kind: name}; write one of these", what)
	return nil
}

// namedType reads {type: T, named: Name}. A name used again for the same type
// is the same Go type, so relations can pass its values on.
func (p *parser) namedType(k *Kind, base, named *yaml.Node, what string) *Type {
	basic := p.scalarType(k, base, what+": type")
	name, ok := p.text(named, what+": named", "write a name like ContractID")
	if !ok || basic == nil {
		return nil
	}
	if basic.Basic == "" || basic.Name != basic.Basic {
		p.errorf(at(deref(base)), "%s: a named type stands on a string or an integer, not %s; write one of these", what, basic)
		return nil
	}
	if !token.IsIdentifier(name) || !token.IsExported(name) || strings.ContainsFunc(name, Hidden) {
		p.errorf(at(deref(named)), "%s: %q can't name an exported Go type; write one like ContractID", what, name)
		return nil
	}
	if t := p.named[name]; t != nil {
		if t.Basic != basic.Basic {
			p.errorf(at(deref(named)), "%s: %s stands on %s here, and on %s on line %d; rename one",
				what, name, basic, t.Basic, t.pos.line)
		}
		return t
	}
	t := &Type{Name: name, Basic: basic.Basic, Text: basic.Text, pos: at(deref(named))}
	p.named[name] = t
	k.NewTypes = append(k.NewTypes, t)
	return t
}
