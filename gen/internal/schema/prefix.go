package schema

import (
	"go/token"
	"strings"
)

// reservedPrefix is the prefix of the gateway's own deps.
const reservedPrefix = "cc"

func (p *parser) decodePrefix(k *kindBody, e pair, what string) {
	prefix, ok := p.text(e.value, what, "write a word like doc")
	if !ok {
		return
	}
	k.Prefix, k.prefixPos = prefix, p.at(deref(e.value))
	valid := prefix != ""
	for _, r := range prefix {
		valid = valid && (isLower(r) || 'A' <= r && r <= 'Z' || isDigit(r) || strings.ContainsRune("_.-", r))
	}
	if !valid {
		p.errorf(k.prefixPos, "%s: %q may hold only letters, digits, _, . and -; the : that follows it is added", what, prefix)
	}
}

// checkPrefixes reports prefixes that two kinds share, because then their ids
// could be equal.
func (p *parser) checkPrefixes() {
	first := map[string]*Kind{}
	for _, k := range p.file.Kinds {
		if k.Prefix == reservedPrefix {
			p.errorf(k.prefixAt(), "kind %q: the prefix %q is the gateway's own; write another prefix", k.Name, k.Prefix)
			continue
		}
		other := first[k.Prefix]
		if other == nil {
			first[k.Prefix] = k
			continue
		}
		if k.prefixPos == (token.Position{}) { // the other kind chose this kind's name
			k, other = other, k
		}
		p.errorf(k.prefixPos, "kind %q: the prefix %q is also that of kind %q on line %d; write another prefix",
			k.Name, k.Prefix, other.Name, other.prefixAt().Line)
	}
}

// prefixAt returns the place where the prefix was chosen.
func (k *Kind) prefixAt() token.Position {
	if k.prefixPos == (token.Position{}) {
		return k.Pos
	}
	return k.prefixPos
}
