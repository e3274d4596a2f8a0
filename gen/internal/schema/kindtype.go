package schema

import (
	"gopkg.in/yaml.v3"
)

// kindType reads the name of the kind whose values a part can have.
func (p *parser) kindType(n *yaml.Node, what string) *Type {
	name, ok := p.text(n, what+": kind", "write the name of a kind with values")
	if !ok {
		return nil
	}
	t := &Type{set: name, Pos: p.at(deref(n)), Where: what}
	p.kindTypes = append(p.kindTypes, t)
	return t
}

// resolveKindTypes finds the kinds that {kind: …} types name.
func (p *parser) resolveKindTypes() {
	for _, t := range p.kindTypes {
		k := p.kinds[t.set]
		switch {
		case k == nil:
			p.errorf(t.Pos, "%s: kind %q is not declared%s", t.Where, t.set,
				p.suggest(t.set, p.setNames(), "; declare it, or name one that is declared"))
		case k.Values == nil:
			p.errorf(t.Pos, "%s: kind %q has no values, and {kind: …} means one of a closed set; "+
				"write a type here, or give that kind values", t.Where, t.set)
		default:
			t.Set = k
		}
	}
}

// setNames returns the names of the kinds with values.
func (p *parser) setNames() []string {
	var names []string
	for _, k := range p.file.Kinds {
		if k.Values != nil {
			names = append(names, k.Name)
		}
	}
	return names
}
