package schema

import (
	"errors"
	"go/token"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// TypeName is the full name of a Go type in {go: …}.
type TypeName struct {
	Path string // of the package, as in an import
	Name string
}

// LoadTypes loads Go types. It returns one result for each name, in order, and
// the names that the other files of the generated package declare. The list of
// names may be empty.
type LoadTypes func(names []TypeName) ([]LoadedType, []Declared)

// LoadedType describes a Go type, or why it can't be an id.
type LoadedType struct {
	Package string // the package's own name
	Type    string // its full name; an alias has that of its target
	Local   bool   // it belongs to the generated package, so it needs no import
	Text    Text
	Basic   string // the predeclared type underneath, for TextString, TextInt and TextUint
	Err     error  // why it can't be used; its text completes "example.com/model.SKU …"
}

// goType reads the full name of a Go type. All types are loaded
// together, later.
func (p *parser) goType(n *yaml.Node, what string) *Type {
	text, ok := p.text(n, what+": go", "write a type like example.com/shop/model.SKU")
	if !ok {
		return nil
	}
	name, err := splitTypeName(text)
	if err != nil {
		p.errorf(at(deref(n)), "%s: go: %q %s", what, text, err)
		return nil
	}
	if t := p.goTypes[name]; t != nil {
		return t
	}
	t := &Type{Import: name.Path, Name: name.Name, pos: at(deref(n)), where: what}
	p.goTypes[name] = t
	p.goOrder = append(p.goOrder, name)
	return t
}

// patterns are words that the go command expands to sets of packages.
var patterns = []string{"all", "cmd", "std", "tool", "work"}

func splitTypeName(text string) (TypeName, error) {
	dot := strings.LastIndexByte(text, '.')
	if dot <= strings.LastIndexByte(text, '/') {
		return TypeName{}, errors.New("names no type; write an import path, a dot and the type, like example.com/shop/model.SKU")
	}
	name := TypeName{Path: text[:dot], Name: text[dot+1:]}
	if !validImport(name.Path) {
		return TypeName{}, errors.New("has no valid import path; write one like example.com/shop/model.SKU")
	}
	if !token.IsIdentifier(name.Name) || !token.IsExported(name.Name) {
		return TypeName{}, errors.New("is not an exported type; write one like example.com/shop/model.SKU")
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

// loadTypes loads the types that the schema names with {go: …}.
func (p *parser) loadTypes(load LoadTypes) {
	if load == nil {
		load = unchecked
	}
	found, declared := load(p.goOrder)
	p.others = newOthers(declared)
	for i, loaded := range found {
		t := p.goTypes[p.goOrder[i]]
		if loaded.Err != nil {
			p.errorf(t.pos, "%s: go: %s %s", t.where, t, loaded.Err)
			continue
		}
		t.Text, t.Basic, t.pkg, t.full = loaded.Text, loaded.Basic, loaded.Package, loaded.Type
		if loaded.Local {
			t.Import = ""
		}
	}
}

func unchecked(names []TypeName) ([]LoadedType, []Declared) {
	loaded := make([]LoadedType, len(names))
	for i, name := range names {
		pkg := path.Base(name.Path)
		if !token.IsIdentifier(pkg) {
			pkg = "unchecked"
		}
		loaded[i] = LoadedType{Package: pkg, Type: name.Path + "." + name.Name, Text: TextString, Basic: "string"}
	}
	return loaded, nil
}
