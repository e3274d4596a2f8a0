package gotypes

import (
	"errors"
	"fmt"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/depgen/depgen/gen/schema"
)

// find returns what is known of a type. Its errors complete "example.com/model.SKU …".
func (l *loader) find(name schema.TypeName) (schema.LoadedType, error) {
	pkg := l.packages[name.Path]
	if pkg == nil || pkg.Types == nil || pkg.Name == "" {
		return schema.LoadedType{}, fmt.Errorf("can't be loaded: %s", reason(pkg))
	}
	obj, ok := pkg.Types.Scope().Lookup(name.Name).(*types.TypeName)
	local := l.isLocal(pkg)
	switch {
	case !local && pkg.Name == "main":
		return schema.LoadedType{}, errors.New("is in a package main, which can't be imported; move it to another package")
	case !l.mayImport(name.Path):
		return schema.LoadedType{}, errors.New("is in an internal package, which the output folder can't import; move one of them")
	case !ok && len(pkg.Errors) > 0:
		return schema.LoadedType{}, fmt.Errorf("is not found, and its package has an error: %s; correct it or the name", reason(pkg))
	case !ok:
		return schema.LoadedType{}, errors.New("is not a type of that package; correct the name")
	}
	text, basic, err := textOf(obj.Type())
	return schema.LoadedType{Package: pkg.Name, Local: local, Text: text, Basic: basic}, err
}

func reason(pkg *packages.Package) string {
	if pkg == nil || len(pkg.Errors) == 0 {
		return "no such package; correct the import path, or add its module with go get"
	}
	return oneLine(pkg.Errors[0].Msg)
}

// isLocal reports whether pkg is the one that the file is generated for.
func (l *loader) isLocal(pkg *packages.Package) bool {
	dir, err := filepath.EvalSymlinks(pkg.Dir)
	return err == nil && dir == l.dir
}

func isInternal(path string) bool { return strings.Contains("/"+path+"/", "/internal/") }

// mayImport reports whether the rule for internal packages lets the generated one import path.
func (l *loader) mayImport(path string) bool {
	if !isInternal(path) {
		return true
	}
	i := strings.LastIndex("/"+path+"/", "/internal/")
	parent := strings.TrimSuffix(path[:i], "/")
	return parent != "" && (l.self == parent || strings.HasPrefix(l.self, parent+"/"))
}

// textOf says how a value of type t becomes text: what it is underneath comes before what it can do, since it can't fail.
func textOf(t types.Type) (schema.Text, string, error) {
	if named, ok := types.Unalias(t).(*types.Named); ok && named.TypeParams().Len() > 0 {
		return 0, "", errors.New("is generic, and an id has one type; declare a type for one of its instances")
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch info := u.Info(); {
		case info&types.IsString != 0:
			return schema.TextString, "string", nil
		case info&types.IsUnsigned != 0:
			return schema.TextUint, u.Name(), nil
		case info&types.IsInteger != 0:
			return schema.TextInt, u.Name(), nil
		case u.Kind() == types.Invalid:
			return 0, "", errors.New("does not compile; correct it")
		}
	case *types.Interface:
		return 0, "", errors.New("is an interface, which can be nil; name a type that implements it")
	}
	switch methods := types.NewMethodSet(types.NewPointer(t)); {
	case hasMethod(methods, "MarshalText", "[]byte", "error"):
		return schema.TextMarshal, "", nil
	case hasMethod(methods, "String", "string"):
		return schema.TextStringer, "", nil
	}
	return 0, "", errors.New("is no string, integer, encoding.TextMarshaler or fmt.Stringer; give it a MarshalText method")
}

// hasMethod reports whether the set has a method without parameters and with these results.
func hasMethod(methods *types.MethodSet, name string, results ...string) bool {
	selection := methods.Lookup(nil, name)
	if selection == nil {
		return false
	}
	signature, ok := selection.Type().(*types.Signature)
	if !ok || signature.Params().Len() != 0 || signature.Results().Len() != len(results) {
		return false
	}
	for i, want := range results {
		if signature.Results().At(i).Type().String() != want {
			return false
		}
	}
	return true
}
