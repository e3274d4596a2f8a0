// Package schema reads a schema and checks it. What it returns is complete and
// resolved: every Go name is chosen, every relation points at its kind, and
// whatever is wrong has been reported with its position.
package schema

// File is a checked schema.
type File struct {
	Package string    // the Go package's name; empty if the schema gives none
	Kinds   []*Kind   // in file order
	Imports []*Import // packages of {go: …} types, and those that every file may import under another name than their own

	name       string // of the schema, as problems have it
	packagePos pos
}

// PackageProblem returns [Problems] with one at the package key.
func (f *File) PackageProblem(msg string) error {
	return Problems{{File: f.name, Line: f.packagePos.line, Column: f.packagePos.column, Msg: legible(msg)}}
}

// Import is a package that the generated file may import.
type Import struct {
	Path  string
	Name  string // in the generated file
	Alias bool   // Name is not the package's own name
}

// Kind is one kind of data that an answer can depend on.
type Kind struct {
	Name        string
	GoName      string // what follows Dep, Use and Invalidate; a closed set's type has this name
	Prefix      string // the word before the ":" on the wire
	Description string
	Deprecated  string // what to use instead; empty if the kind is not deprecated

	Params   []*Param // the parts of the id; a closed set has one
	Values   []*Value // the closed set that the id is taken from; nil for other kinds
	Version  *Param   // nil if the kind is not versioned
	NewTypes []*Type  // the {type: …, named: …} types that no kind before this one uses

	PartOf    []*Relation
	GroupedBy []*Relation

	pos       pos
	prefixPos pos // zero if the prefix is the name
}

// Param is a part of an id, or a version: an argument of the generated
// functions.
type Param struct {
	Name    string // what relations call it
	GoName  string
	TextVar string // the variable that holds its text, if making that can fail
	Type    *Type

	pos pos
}

// Value is one value of a closed set.
type Value struct {
	Text        string // as it travels
	GoName      string
	Description string
	Deprecated  string // what to use instead; empty if the value is not deprecated

	name   string // the source of the Go name; empty if that is the text
	listed bool   // the values are a list, which has no room for names
	pos    pos
}

// Relation says that a dep of one kind brings a dep of another with it.
type Relation struct {
	Kind *Kind // the other one
	Args []Arg // one for each of Kind.Params

	name string // as written, with its arguments
	args []argument
	pos  pos
}

// Arg is an argument of a relation. One of the two is set.
type Arg struct {
	Param *Param // a part of the kind that has the relation
	Value *Value // a value of the closed set that is wanted
}

type argument struct {
	text string
	pos  pos
}
