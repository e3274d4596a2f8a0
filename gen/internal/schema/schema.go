// Package schema reads a schema and checks it. The result is complete: every Go
// name is chosen and every relation points at its kind. Mistakes are reported
// with their positions.
package schema

// File is a checked schema.
type File struct {
	Package string    // the Go package's name; empty if the schema sets no name
	Kinds   []*Kind   // in file order
	Imports []*Import // packages of {go: …} types, and fixed imports that need another name

	name       string // the schema's, in problems
	packagePos pos
}

// PackageProblem returns [Problems] with one problem at the package key.
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
	GoName      string // follows Dep, Use and Invalidate; also the name of a closed set's type
	Prefix      string // the word before the ":" on the wire
	Description string
	Deprecated  string // advice on a replacement; empty if the kind is not deprecated

	Params   []*Param // the parts of the id; a closed set has one
	Values   []*Value // the valid ids of a closed set; nil for other kinds
	Version  *Param   // nil if the kind is not versioned
	NewTypes []*Type  // the {type: …, named: …} types that this kind is the first to use

	PartOf    []*Relation
	GroupedBy []*Relation

	pos       pos
	prefixPos pos // zero if the prefix is the name
}

// Param is a part of an id, or a version: a parameter of the
// generated functions.
type Param struct {
	Name    string // its name in relations
	GoName  string
	TextVar string // the variable for its text, if making the text can fail
	Type    *Type

	pos pos
}

// Value is one value of a closed set.
type Value struct {
	Text        string // as in requests
	GoName      string
	Description string
	Deprecated  string // advice on a replacement; empty if the value is not deprecated

	name   string // the source of the Go name; empty to use the text
	listed bool   // the values are a list, which can't contain names
	pos    pos
}

// Relation connects a dep of one kind to a dep of another.
type Relation struct {
	Kind *Kind // the target
	Args []Arg // one for each of Kind.Params

	name string // as written, with its arguments
	args []argument
	pos  pos
}

// Arg is an argument of a relation. One of the two fields is set.
type Arg struct {
	Param *Param // a part of the kind that has the relation
	Value *Value // a value of the target's closed set
}

type argument struct {
	text string
	pos  pos
}
