package gotypes

import (
	"errors"
	"fmt"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/depgen/depgen/gen/internal/schema"
)

// find returns the properties of a type. Its errors complete
// "example.com/model.SKU …".
func (l *loader) find(name schema.GoName) (Type, error) {
	pkg := l.packages[name.Path]
	if pkg == nil || pkg.Types == nil || pkg.Name == "" {
		return Type{}, fmt.Errorf("can't be loaded: %s", reason(pkg))
	}
	obj, ok := pkg.Types.Scope().Lookup(name.Name).(*types.TypeName)
	local := l.isOwn(pkg.Dir)
	switch {
	case !local && l.imports(pkg, map[*packages.Package]bool{}):
		return Type{}, errors.New("is in a package that imports the one that is generated; " +
			"move the type to a package that does not")
	case !local && pkg.Name == "main":
		return Type{}, errors.New("is in a package main, which can't be imported; move it to another package")
	case !l.mayImport(name.Path):
		return Type{}, errors.New("is in an internal package, which the output folder can't import; move one of them")
	case !ok && len(pkg.Errors) > 0:
		return Type{}, fmt.Errorf("is not found, and its package has an error: %s; correct it or the name", reason(pkg))
	case !ok && local:
		return Type{}, errors.New("is not a type of that package, in which the generated file does not count; " +
			"correct the name, or declare it in another file")
	case !ok:
		return Type{}, errors.New("is not a type of that package; correct the name")
	}
	text, basic, err := textOf(obj.Type())
	return Type{Package: pkg.Name, Local: local, Identity: identity(obj.Type()), Text: text, Basic: basic}, err
}

// identity returns a name that all aliases of a type share.
func identity(t types.Type) string {
	t = types.Unalias(t)
	if b, ok := t.(*types.Basic); ok {
		t = types.Typ[b.Kind()] // uint8 for byte
	}
	return types.TypeString(t, nil)
}

// imports reports whether pkg imports the generated package, directly or
// through others.
func (l *loader) imports(pkg *packages.Package, seen map[*packages.Package]bool) bool {
	seen[pkg] = true
	for _, imported := range pkg.Imports {
		if !seen[imported] && (l.isOwn(imported.Dir) || l.imports(imported, seen)) {
			return true
		}
	}
	return false
}

func reason(pkg *packages.Package) string {
	if pkg == nil || len(pkg.Errors) == 0 {
		return "no such package; correct the import path, or add its module with go get"
	}
	return oneLine(pkg.Errors[0].Msg)
}

func isInternal(path string) bool { return strings.Contains("/"+path+"/", "/internal/") }

// mayImport reports whether the rule for internal packages lets the generated
// package import path.
func (l *loader) mayImport(path string) bool {
	if !isInternal(path) {
		return true
	}
	i := strings.LastIndex("/"+path+"/", "/internal/")
	parent := strings.TrimSuffix(path[:i], "/")
	return parent != "" && (l.self == parent || strings.HasPrefix(l.self, parent+"/"))
}
