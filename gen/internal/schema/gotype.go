package schema

import (
	"errors"
	"go/token"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// GoName is the full name of a Go type.
type GoName struct {
	Path string // of the package, as in an import
	Name string
}

// String returns the name as it appears in {go: …}.
func (n GoName) String() string { return n.Path + "." + n.Name }

// goType reads the full name of a Go type. The schema says nothing else about
// the type.
func (p *parser) goType(n *yaml.Node, what string) *Type {
	text, ok := p.text(n, what+": go", "write a type like example.com/shop/model.SKU")
	if !ok {
		return nil
	}
	name, err := splitGoName(text)
	if err != nil {
		p.errorf(p.at(deref(n)), "%s: go: %q %s", what, text, err)
		return nil
	}
	if t := p.goTypes[name]; t != nil {
		return t
	}
	t := &Type{Go: name, Pos: p.at(deref(n)), Where: what}
	p.goTypes[name] = t
	p.file.goTypes = append(p.file.goTypes, t)
	return t
}

// patterns are words that the go command expands to sets of packages.
var patterns = []string{"all", "cmd", "std", "tool", "work"}

func splitGoName(text string) (GoName, error) {
	dot := strings.LastIndexByte(text, '.')
	if dot <= strings.LastIndexByte(text, '/') {
		return GoName{}, errors.New("names no type; write an import path, a dot and the type, like example.com/shop/model.SKU")
	}
	name := GoName{Path: text[:dot], Name: text[dot+1:]}
	if !validImport(name.Path) {
		return GoName{}, errors.New("has no valid import path; write one like example.com/shop/model.SKU")
	}
	if !token.IsIdentifier(name.Name) || !token.IsExported(name.Name) {
		return GoName{}, errors.New("is not an exported type; write one like example.com/shop/model.SKU")
	}
	return name, nil
}

// validImport reports whether the go command reads s as one package, not as a
// pattern, a file or a flag.
func validImport(s string) bool {
	if slices.Contains(patterns, s) || strings.Contains(s, "...") || path.Clean(s) != s || strings.HasPrefix(s, "vendor/") {
		return false
	}
	for i, r := range s {
		letter := isLower(r) || 'A' <= r && r <= 'Z' || isDigit(r)
		if !letter && (i == 0 || !strings.ContainsRune("-._~+/", r)) {
			return false
		}
	}
	return s != ""
}
