package schema

import (
	"cmp"
	"slices"
	"unicode"
)

// reserved are the words that can't name an argument or an imported package of
// a generated file: the file's imports, the variables in its functions, and
// Go's keywords and predeclared identifiers.
var reserved = wordSet(`cachecore context strconv uuid ctx err init
	break case chan const continue default defer else fallthrough for func go goto if import interface map package
	range return select struct switch type var
	any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string
	uint uint8 uint16 uint32 uint64 uintptr true false iota nil
	append cap clear close complex copy delete imag len make max min new panic print println real recover`)

// fixedImports are the packages that any generated file may import.
var fixedImports = []*Import{
	{Path: "context", Name: "context"},
	{Path: "github.com/depgen/depgen/runtime/cachecore", Name: "cachecore"},
	{Path: uuidPath, Name: "uuid"},
	{Path: "strconv", Name: "strconv"},
}

// chooseNames chooses all Go names. Exported names come first, because imports
// must differ from them, and arguments must differ from imports.
func (p *parser) chooseNames() {
	for _, k := range p.file.Kinds {
		k.GoName = exportedName(k.Name)
		if k.Values != nil && len(k.Params) == 1 { // none beside an id that is wrong
			k.Params[0].Type = &Type{Name: k.GoName, Text: TextValue, set: k}
		}
		for _, v := range k.Values {
			word := exportedName(cmp.Or(v.name, v.Text))
			if word == "" && v.name == "" && v.Text != "" {
				p.errorf(v.pos, "kind %q: value %q has no letter and no digit to make a Go name of; %s",
					k.Name, v.Text, v.nameFix())
			}
			if word != "" {
				v.GoName = k.GoName + word
			}
		}
	}
	for _, t := range p.kindTypes {
		if t.set != nil {
			t.Name = t.set.GoName
		}
	}
	declared := p.checkClashes()
	imported := p.chooseImports(declared)
	for _, k := range p.file.Kinds {
		p.chooseParams(k, imported)
	}
}

// chooseImports names the packages that the file may import, and returns the
// names. They differ from all names that the package declares in any file.
func (p *parser) chooseImports(declared map[string]owner) map[string]bool {
	taken := map[string]bool{}
	seen := map[string]bool{}
	free := func(s string) bool {
		_, clash := declared[s]
		return !clash && !taken[s] && p.others[s] == nil
	}
	for _, i := range fixedImports {
		seen[i.Path] = true
		name := i.Name
		if !free(name) {
			name = unique(i.Name, func(s string) bool { return free(s) && !reserved[s] })
			p.file.Imports = append(p.file.Imports, &Import{Path: i.Path, Name: name, Alias: true})
		}
		taken[name] = true
	}
	for _, name := range p.goOrder {
		t := p.goTypes[name]
		if t.Import == "" || seen[t.Import] {
			continue
		}
		seen[t.Import] = true
		name := unique(t.pkg, func(s string) bool { return free(s) && !reserved[s] })
		taken[name] = true
		p.file.Imports = append(p.file.Imports, &Import{Path: t.Import, Name: name, Alias: name != t.pkg})
	}
	return taken
}

// chooseParams names the parameters and variables of a kind's functions.
func (p *parser) chooseParams(k *Kind, imported map[string]bool) {
	owners := map[string]*Param{}
	for _, param := range k.Params {
		name := localName(param.Name)
		if k.Values != nil && k.GoName != "" { // else its name is wrong, and reported
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
		if param.Type != nil && param.Type.Text.fails() {
			param.TextVar = unique(param.GoName+"Text", func(s string) bool { return owners[s] == nil && !imported[s] })
			owners[param.TextVar] = param
		}
	}
}
