package schema

import "cmp"

// Text is the way that a value becomes text.
type Text int

// The ways that a value becomes text.
const (
	TextString   Text = iota + 1 // it is a string underneath
	TextInt                      // it is a signed integer underneath
	TextUint                     // it is an unsigned integer underneath
	TextMarshal                  // by MarshalText, which can fail
	TextStringer                 // by String, which can panic
	TextUUID                     // by the String of a UUID, which can't fail
	TextValue                    // it is a value of a closed set
)

// fails reports whether a value may have no text.
func (t Text) fails() bool { return t == TextMarshal || t == TextStringer }

// Type is the Go type of a part or a version. Import and Name identify it.
type Type struct {
	Import string // import path; empty if Name needs no import
	Name   string
	Basic  string // the predeclared type underneath, for TextString, TextInt and TextUint
	Text   Text

	kind  string // the name of the kind in {kind: …}
	set   *Kind  // the kind whose values it has, for TextValue
	full  string // the type's full name in Go; empty if String returns it
	pkg   string // the name of a {go: …} type's package
	pos   pos    // of first use
	where string // the place of first use, in words
}

// String returns the type's name as it appears in the schema.
func (t *Type) String() string {
	switch {
	case t.Import == uuidPath:
		return "uuid"
	case t.Import == "" && t.Name == "":
		return "{kind: " + t.kind + "}"
	case t.Import == "":
		return t.Name
	}
	return t.Import + "." + t.Name
}

// Same reports whether t and u are the same type in Go, also under
// different names.
func (t *Type) Same(u *Type) bool { return t.fullName() == u.fullName() }

func (t *Type) fullName() string { return cmp.Or(t.full, t.String()) }

const uuidPath = "github.com/google/uuid"

// scalars are the types that a schema can name by a word, in the order
// of messages.
var scalars = []string{"string", "int", "int32", "int64", "uint", "uint32", "uint64", "uuid"}

// scalar returns the type that a word means, or nil.
func scalar(word string) *Type {
	switch word {
	case "string":
		return &Type{Name: word, Basic: word, Text: TextString}
	case "int", "int32", "int64":
		return &Type{Name: word, Basic: word, Text: TextInt}
	case "uint", "uint32", "uint64":
		return &Type{Name: word, Basic: word, Text: TextUint}
	case "uuid":
		return &Type{Import: uuidPath, Name: "UUID", Text: TextUUID, full: uuidPath + ".UUID"}
	}
	return nil
}
