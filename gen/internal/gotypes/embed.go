package gotypes

import "go/types"

// unresolved returns the name of a type that does not compile and that a struct
// embeds, directly or through others, or "". Such a type may have any method,
// and [types.Implements] assumes that it has the wanted one. A MarshalText that
// the struct itself declares hides the methods of embedded types.
func unresolved(t types.Type) string {
	if declares(t, textMarshaler.Method(0)) {
		return ""
	}
	return embedded(t, map[types.Type]bool{})
}

// declares reports whether t itself has the method.
func declares(t types.Type, want *types.Func) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	for method := range named.Methods() {
		if method.Name() == want.Name() && types.Identical(method.Type(), want.Type()) {
			return true
		}
	}
	return false
}

func embedded(t types.Type, seen map[types.Type]bool) string {
	t = pointee(t)
	structure, ok := t.Underlying().(*types.Struct)
	if !ok || seen[t] {
		return ""
	}
	seen[t] = true
	for field := range structure.Fields() {
		if !field.Embedded() {
			continue
		}
		if basic, ok := pointee(field.Type()).Underlying().(*types.Basic); ok && basic.Kind() == types.Invalid {
			return field.Name()
		}
		if name := embedded(field.Type(), seen); name != "" {
			return name
		}
	}
	return ""
}

// pointee returns the type that t points to, or t itself.
func pointee(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}
