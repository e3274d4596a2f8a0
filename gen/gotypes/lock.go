package gotypes

import "go/types"

var locker = interfaceOf(method("Lock"), method("Unlock"))

// holdsLock reports whether a value of type t must not be copied: go vet goes by the same rule.
func holdsLock(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] { // a type that holds itself does not compile, but may be looked at
		return false
	}
	seen[t] = true
	for {
		array, ok := t.Underlying().(*types.Array)
		if !ok {
			break
		}
		t = array.Elem()
	}
	structure, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	if types.Implements(types.NewPointer(t), locker) && !types.Implements(t, locker) {
		return true
	}
	for field := range structure.Fields() {
		if holdsLock(field.Type(), seen) {
			return true
		}
	}
	return false
}
