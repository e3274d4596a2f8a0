// Package schema reads a schema and checks it. The result knows no target
// language, apart from the two keys that name Go: package, and {go: …} as a
// type. Mistakes are reported with their positions.
package schema

import (
	"go/token"
	"slices"
	"strconv"
)

// File is a schema.
type File struct {
	Name       string         // as problems show it
	Package    string         // the Go package's name; empty if the schema sets no name
	PackagePos token.Position // of Package
	Kinds      []*Kind        // in file order

	goTypes []*Type
}

// GoTypes returns the {go: …} types in the order of their first use.
func (f *File) GoTypes() []*Type { return slices.Clip(f.goTypes) }

// Part is a part of an id, or a version.
type Part struct {
	Name string // its name in relations
	Type *Type
	Pos  token.Position
}

// Value is one value of a closed set.
type Value struct {
	Text        string // as in requests
	Name        string // the source of names in code; empty to use the text
	Description string
	Deprecated  string // advice on a replacement; empty if the value is not deprecated
	Pos         token.Position

	listed bool // the values are a list, which can't contain names
}

// NameFix returns advice on how to give the value another name in code.
func (v *Value) NameFix() string {
	fix := "give the value a name"
	if v.listed {
		fix = "make the list a mapping and give the value a name"
	}
	return fix + ", as in {" + strconv.Quote(v.Text) + ": {name: other_word}}"
}

// Relation connects a dep of one kind to a dep of another.
type Relation struct {
	Kind *Kind // the target
	Args []Arg // one for each of Kind.Parts
	Pos  token.Position
}

// Arg is an argument of a relation. One of Part and Value is set.
type Arg struct {
	Part  *Part  // a part of the kind that has the relation
	Value *Value // a value of the target's closed set
	Pos   token.Position
}

// String returns the argument as it appears in the schema.
func (a Arg) String() string {
	if a.Value != nil {
		return a.Value.Text
	}
	return "$" + a.Part.Name
}

// PartOf returns the relations under a kind's key part_of.
func PartOf(k *Kind) []*Relation { return k.PartOf }

// GroupedBy returns the relations under a kind's key grouped_by.
func GroupedBy(k *Kind) []*Relation { return k.GroupedBy }
