// Package schema reads a schema and checks it. What it returns is complete and resolved: every Go name is chosen, every
// relation points at its kind, and whatever is wrong was reported with its position.
package schema

// Parse reads a schema. The name stands in problems; the error is [Problems], with every problem in file order.
// The load function finds the types that the schema names with {go: …}; it is called once at most, and not at all when there
// are none. With a nil load such types are taken unchecked, as strings: good for looking at a schema, not for emitting it.
func Parse(name string, src []byte, load LoadTypes) (*File, error) {
	return nil, Problems{{File: name, Line: 1, Column: 1, Msg: "not built yet"}}
}

// File is a checked schema.
type File struct {
	Package string // empty if the schema names none
	Kinds   []*Kind
}

// Kind is one kind of data.
type Kind struct{ Name string }

// TypeName is the full name of a Go type, as {go: …} gives it.
type TypeName struct{ Path, Name string }

// LoadTypes finds Go types. It returns one result for each name, in the same order.
type LoadTypes func(names []TypeName) []LoadedType

// LoadedType is what is known of a Go type, or why it can't be used.
type LoadedType struct{ Err error }
