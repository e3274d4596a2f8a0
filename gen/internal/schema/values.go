package schema

import (
	"cmp"
	"fmt"
	"go/token"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// decodeValues reads a closed set: a list of values, or a mapping from value
// to description.
func (p *parser) decodeValues(k *kindBody, e pair, what string) {
	p.beginID(k, e)
	n := e.value
	k.Values = nil
	k.Parts = []*Part{{Name: "id", Type: &Type{Set: k.Kind, set: k.Name}, Pos: k.Pos}}
	if deref(n).Kind == yaml.SequenceNode {
		lines := map[string]int{}
		for _, item := range p.list(n, what, "") {
			text, ok := p.text(item, what+": a value", "write a word, or make the whole list a mapping")
			if !ok {
				continue
			}
			if line, twice := lines[text]; twice {
				p.errorf(p.at(item), "%s: %q is there twice, first on line %d; remove one", what, text, line)
				continue
			}
			lines[text] = item.Line
			p.checkValue(text, p.at(item), what)
			k.Values = append(k.Values, &Value{Text: text, listed: true, Pos: p.at(item)})
		}
		return
	}
	if m := deref(n); m.Kind != yaml.MappingNode {
		p.errorf(p.at(m), "%s must be a list, or a mapping from value to description, not %s; write \"[%s]\"", what, describe(m), cmp.Or(m.Value, "a, b"))
		return
	} else if len(m.Content) == 0 {
		p.errorf(p.at(m), "%s is empty; name at least one value", what)
	}
	for _, e := range p.mapping(n, what, "") {
		v := &Value{Text: e.key, Pos: e.pos}
		k.Values = append(k.Values, v)
		p.checkValue(v.Text, v.Pos, what)
		p.decodeValue(v, e.value, fmt.Sprintf("%s: %q", what, e.key))
	}
}

// checkValue refuses values that are invisible in a log, or that not every
// client can send.
func (p *parser) checkValue(text string, at token.Position, what string) {
	if text == "" {
		p.errorf(at, "%s: a value is empty, and no dep has an empty id; write a word", what)
	}
	if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		p.errorf(at, "%s: %q has the character %U, which can't stand in a value; remove it", what, text, r)
	}
	// Other hidden characters are escaped in Go text, where they are visible.
	if i := strings.IndexFunc(text, func(r rune) bool { return Hidden(r) && strconv.IsPrint(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		p.errorf(at, "%s: %q has the character %s; remove it", what, text, characterName(r))
	}
}

// decodeValueName reads the word that replaces the value's text in its Go name.
func (p *parser) decodeValueName(v *Value, e pair, what string) {
	name, ok := p.text(e.value, what, "write a word like other_rows")
	if ok && !validName(name) {
		p.errorf(p.at(deref(e.value)), "%s: %q: a name is made of a-z, 0-9 and _, begins with a letter, and has at most %d characters",
			what, name, maxName)
	}
	v.Name = name
}

// decodeValue reads the entry of a value: null, its description, or a mapping.
func (p *parser) decodeValue(v *Value, n *yaml.Node, what string) {
	if deref(n).ShortTag() == "!!null" {
		return
	}
	if deref(n).Kind != yaml.MappingNode {
		v.Description = p.prose(n, what)
		return
	}
	decodeKeys(p, v, p.mapping(n, what, ""), what+": ", valueKeys)
}

// valueKeys are the keys of a value, in the order of messages.
var valueKeys = []key[*Value]{
	{"description", func(p *parser, v *Value, e pair, what string) { v.Description = p.prose(e.value, what) }},
	{"name", (*parser).decodeValueName},
	{"deprecated", func(p *parser, v *Value, e pair, what string) { v.Deprecated = p.prose(e.value, what) }},
}
