package schema

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// decodeValues reads a closed set: a list of values, or a mapping from value to description.
func (p *parser) decodeValues(k *Kind, n *yaml.Node, what string) {
	k.Values = nil
	k.Params = []*Param{{Name: "id", pos: k.pos}}
	if deref(n).Kind == yaml.SequenceNode {
		lines := map[string]int{}
		for _, item := range p.list(n, what) {
			text, ok := p.text(item, what+": a value")
			if !ok {
				continue
			}
			if line, twice := lines[text]; twice {
				p.errorf(at(item), "%s: %q is there twice, first on line %d; remove one", what, text, line)
				continue
			}
			lines[text] = item.Line
			k.Values = append(k.Values, &Value{Text: text, pos: at(item)})
		}
		return
	}
	if m := deref(n); m.Kind != yaml.MappingNode {
		p.errorf(at(m), "%s must be a list, or a mapping from value to description, not %s", what, describe(m))
		return
	} else if len(m.Content) == 0 {
		p.errorf(at(m), "%s is empty; name at least one value", what)
	}
	for _, e := range p.mapping(n, what) {
		v := &Value{Text: e.key, pos: e.pos}
		k.Values = append(k.Values, v)
		p.decodeValue(v, e.value, fmt.Sprintf("%s: %q", what, e.key))
	}
}

// decodeValue reads what stands behind a value: nothing, its description, or a mapping.
func (p *parser) decodeValue(v *Value, n *yaml.Node, what string) {
	if deref(n).ShortTag() == "!!null" {
		return
	}
	if deref(n).Kind != yaml.MappingNode {
		v.Description = p.prose(n, what)
		return
	}
	for _, e := range p.mapping(n, what) {
		switch e.key {
		case "description":
			v.Description = p.prose(e.value, what+": description")
		case "deprecated":
			v.Deprecated = p.prose(e.value, what+": deprecated")
		default:
			p.unknownKey(e, what+": ", valueKeys)
		}
	}
}
