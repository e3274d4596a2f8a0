package gotypes

import "go/types"

var locker = interfaceOf(method("Lock"), method("Unlock"))

// holdsLock reports whether a value of type t must not be copied. It follows
// the rule of go vet.
func holdsLock(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] { // a type that contains itself does not compile, but may be loaded
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
