package schema

import (
	"slices"
	"unicode"
)

// reserved are the words that no argument and no imported package of a generated file may have as its name: what the
// file imports, the variables that its functions have, Go's keywords and what Go declares itself.
var reserved = wordSet(`cachecore context strconv uuid ctx err init
	break case chan const continue default defer else fallthrough for func go goto if import interface map package
	range return select struct switch type var
	any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string
	uint uint8 uint16 uint32 uint64 uintptr true false iota nil
	append cap clear close complex copy delete imag len make max min new panic print println real recover`)

// fixedImports are the packages that a generated file imports by their own names.
var fixedImports = map[string]bool{
	"context": true, "strconv": true, uuidPath: true, "github.com/depgen/depgen/runtime/cachecore": true,
}

// chooseNames gives everything its Go name. Exported names come first, since imports must differ from them, and then
// arguments, which must differ from imports.
func (p *parser) chooseNames() {
	for _, k := range p.file.Kinds {
		k.GoName = exportedName(k.Name)
		if k.Values != nil {
			k.Params[0].Type = &Type{Name: k.GoName, Text: TextValue}
		}
		for _, v := range k.Values {
			word := exportedName(v.Text)
			if word == "" {
				p.errorf(v.pos, "kind %q: value %q has no letter and no digit to make a Go name of; spell it otherwise",
					k.Name, v.Text)
				continue
			}
			v.GoName = k.GoName + word
		}
	}
	declared := p.checkClashes()
	imported := p.chooseImports(declared)
	for _, k := range p.file.Kinds {
		p.chooseParams(k, imported)
	}
}

// chooseImports names the packages of {go: …} types, and returns the names.
func (p *parser) chooseImports(declared map[string]owner) map[string]bool {
	taken := map[string]bool{}
	seen := map[string]bool{}
	for _, name := range p.goOrder {
		t := p.goTypes[name]
		if t.Import == "" || seen[t.Import] || fixedImports[t.Import] {
			continue
		}
		seen[t.Import] = true
		free := unique(t.pkg, func(s string) bool {
			_, clash := declared[s]
			return !clash && !taken[s] && !p.taken[s] && !reserved[s]
		})
		taken[free] = true
		p.file.Imports = append(p.file.Imports, &Import{Path: t.Import, Name: free, Alias: free != t.pkg})
	}
	return taken
}

// chooseParams names the arguments of a kind's functions, and their variables.
func (p *parser) chooseParams(k *Kind, imported map[string]bool) {
	owners := map[string]*Param{}
	for _, param := range k.Params {
		name := localName(param.Name)
		if k.Values != nil {
			name = string(unicode.ToLower(rune(k.GoName[0])))
		}
		if reserved[name] || imported[name] || k.Version != nil && name == "version" {
			name += "Value"
		}
		if other := owners[name]; other != nil && other.Name != param.Name {
			p.errorf(param.pos, "kind %q: the parts %q and %q would both be the argument %s; rename one",
				k.Name, other.Name, param.Name, name)
		}
		owners[name] = param
		param.GoName = name
	}
	params := k.Params
	if k.Version != nil {
		k.Version.GoName = "version"
		owners["version"] = k.Version
		params = append(slices.Clip(params), k.Version)
	}
	for _, param := range params {
		if param.Type != nil && param.Type.Text == TextMarshal {
			param.TextVar = unique(param.GoName+"Text", func(s string) bool { return owners[s] == nil && !imported[s] })
			owners[param.TextVar] = param
		}
	}
}
