package wire

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
)

// Scope returns the line `[cache scope <16 characters>]`. The characters are
// the first 80 bits of a SHA-256 in Douglas Crockford's base32, in lower case.
// The hash is that of a JSON text: an array of deps, given by [ScopeDeps], and
// an array of more. Different deps or more have different texts.
func Scope(deps []byte, more []string) string {
	var buffer [1024]byte
	text := append(buffer[:0], deps...)
	for i, m := range more {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendString(text, m)
	}
	sum := sha256.Sum256(append(text, "]]"...))
	line := append(buffer[:0], scopePrefix...)
	return string(append(crockford.AppendEncode(line, sum[:80/8]), ']'))
}

// CutScope returns the text before a scope at its end, without white space at
// its end, and reports whether there was one.
func CutScope(text string) (before string, found bool) {
	text = strings.TrimRight(text, " \t\r\n")
	at := strings.LastIndex(text, scopePrefix)
	if at < 0 || len(text) != at+len(scopePrefix)+16+len("]") || text[len(text)-1] != ']' {
		return text, false
	}
	id := text[at+len(scopePrefix) : len(text)-1]
	if _, err := crockford.DecodeString(id); err != nil {
		return text, false
	}
	return strings.TrimRight(text[:at], " \t\r\n"), true
}

const scopePrefix = "[cache scope "

// crockford has no letter that is easily taken for another.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz")

// ScopeDeps returns the beginning of the text that [Scope] hashes. It writes
// each dep as an array of its id and its hash, and sorts the deps by their
// bytes.
func ScopeDeps(deps []Dep) []byte {
	slices.SortFunc(deps, func(a, b Dep) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Hash, b.Hash))
	})
	size := len("[[],[")
	for _, d := range deps {
		size += len(`["",""],`) + len(d.ID) + len(d.Hash)
	}
	text := append(make([]byte, 0, size), "[["...)
	for i, d := range deps {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendString(append(text, '['), d.ID)
		text = appendString(append(text, ','), d.Hash)
		text = append(text, ']')
	}
	return append(text, "],["...)
}
