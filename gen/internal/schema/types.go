package schema

import "go/token"

// Type is the type of a part or a version. Exactly one of Scalar, Go and Set is
// set.
type Type struct {
	Scalar string // the word of a type, such as int64
	Named  string // a new type over Scalar; empty to use Scalar itself
	Go     GoName // a type of the application
	Set    *Kind  // the kind whose values it has

	Pos   token.Position // of the first use; unset for a plain Scalar
	Where string         // the place of the first use, in the words of a problem

	set string // the name of Set, as the schema gives it
}

// String returns the type as it appears in the schema. A Named type appears
// by its name.
func (t *Type) String() string {
	switch {
	case t.Go != GoName{}:
		return t.Go.String()
	case t.set != "":
		return "{kind: " + t.set + "}"
	case t.Named != "":
		return t.Named
	}
	return t.Scalar
}

// agrees reports whether t and u are the same type. Two Go types may be the
// same under different names, which only their packages tell.
func (t *Type) agrees(u *Type) bool {
	if (t.Go != GoName{}) || (u.Go != GoName{}) {
		return true
	}
	return t.Named == u.Named && t.set == u.set && (t.Named != "" || t.Scalar == u.Scalar)
}

// scalars are the types that a schema can name by a word, in the order
// of messages.
var scalars = []string{"string", "int", "int32", "int64", "uint", "uint32", "uint64", "uuid"}
