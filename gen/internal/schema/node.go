package schema

import (
	"fmt"
	"go/token"

	"gopkg.in/yaml.v3"
)

// pair is an entry of a mapping.
type pair struct {
	key   string
	pos   token.Position // of the key
	value *yaml.Node
}

func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// mapping returns the entries of n. Problems call n what, and propose fix. A
// merge key adds the entries that n doesn't have itself.
func (p *parser) mapping(n *yaml.Node, what, fix string) []pair {
	n = deref(n)
	if n.Kind != yaml.MappingNode {
		p.errorf(p.at(n), "%s must be a mapping, not %s; %s", what, describe(n), fix)
		return nil
	}
	var pairs, merged []pair
	lines := map[string]int{} // of the keys
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if deref(key).ShortTag() == "!!merge" {
			merged = append(merged, p.merge(value, what)...)
			continue
		}
		name, ok := p.text(key, what+": a key", "write a word")
		if !ok {
			continue
		}
		if line, twice := lines[name]; twice {
			p.errorf(p.at(key), "%s: key %q is there twice, first on line %d; remove one", what, name, line)
			continue
		}
		lines[name] = key.Line
		pairs = append(pairs, pair{name, p.at(key), value})
	}
	for _, m := range merged {
		if _, own := lines[m.key]; !own {
			lines[m.key] = m.pos.Line
			pairs = append(pairs, m)
		}
	}
	return pairs
}

const mergeFix = "write an alias of one, like *base"

// merge returns the entries that a merge key adds: those of a mapping, or of
// each mapping in a list.
func (p *parser) merge(n *yaml.Node, what string) []pair {
	n = deref(n)
	if n.Kind != yaml.SequenceNode {
		return p.mapping(n, what+": <<", mergeFix)
	}
	var pairs []pair
	for _, item := range n.Content {
		pairs = append(pairs, p.mapping(item, what+": <<", mergeFix)...)
	}
	return pairs
}

// list returns the items of n.
func (p *parser) list(n *yaml.Node, what, fix string) []*yaml.Node {
	n = deref(n)
	if n.Kind != yaml.SequenceNode {
		p.errorf(p.at(n), "%s must be a list, not %s; %s", what, describe(n), fix)
		return nil
	}
	if len(n.Content) == 0 {
		p.errorf(p.at(n), "%s is empty; remove it or fill it", what)
	}
	return n.Content
}

// text returns the text of n. YAML must read it as text too: an unquoted 1.10
// or true may mean something else.
func (p *parser) text(n *yaml.Node, what, fix string) (string, bool) {
	n = deref(n)
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		return n.Value, true
	}
	if n.Kind == yaml.ScalarNode && n.Value != "" {
		fix = fmt.Sprintf("if it is text, quote it: %q", n.Value)
	}
	p.errorf(p.at(n), "%s must be text, not %s; %s", what, describe(n), fix)
	return "", false
}

// describe returns a description of n for a message that expected
// something else.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch tag := n.ShortTag(); tag {
	case "!!str":
		return "text"
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a boolean"
	case "!!timestamp":
		return "a date"
	default:
		return "a value tagged " + tag
	}
}
