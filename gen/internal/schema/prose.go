package schema

import (
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// prose returns text for a comment.
func (p *parser) prose(n *yaml.Node, what string) string {
	text, ok := p.text(n, what, "write a sentence")
	if !ok {
		return ""
	}
	if strings.TrimSpace(text) == "" {
		p.errorf(p.at(deref(n)), "%s is empty; remove it or fill it", what)
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r == '\ufeff' {
			p.errorf(p.at(deref(n)), "%s has the character %U, which can't stand in a Go comment; remove it", what, r)
			break
		}
		if Hidden(r) {
			p.errorf(p.at(deref(n)), "%s has the character %s; remove it", what, characterName(r))
			break
		}
	}
	return text
}
