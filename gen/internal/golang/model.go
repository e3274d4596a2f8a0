package golang

import (
	"path"
	"slices"

	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// File is a schema with the Go names of everything in its Go file.
type File struct {
	schema  *schema.File
	kinds   []*kind
	imports []imported
}

// imported is a package that the file may import. Its name in the file may
// differ from the package's own name.
type imported struct{ path, pkg, name string }

// needsAlias reports whether the import must show its name.
func (i imported) needsAlias() bool { return i.name != i.pkg || i.name != path.Base(i.path) }

// kind is a kind with the names of its declarations.
type kind struct {
	*schema.Kind

	typeName             string   // of a closed set
	dep, use, invalidate string   // the functions
	values               []string // one for each of Values
	params               []*param // one for each of Parts
	version              *param   // nil if the kind is not versioned
	newTypes             []newType
	partOf, groupedBy    []call // the direct relations
	wholes, groups       reach  // all that the direct relations lead to
}

// param is a parameter of the generated functions.
type param struct {
	part    *schema.Part
	name    string
	textVar string // the variable for its text, if making the text can fail
	typ     *typ   // nil after a problem
}

// newType is a {type: …, named: …} type, at the parameter that is the first to
// have it.
type newType struct {
	of    *schema.Type
	param *param
}

// reach is the deps that the relations of a kind lead to, directly and through
// other kinds.
type reach struct {
	calls []call
	more  int // further ones, too many for a comment
}

// call is a call of the function DepX of a kind.
type call struct {
	dep  string
	args []string
}

// allParams returns the parameters of a kind's functions: the parts of its id,
// and its version.
func (k *kind) allParams() []*param {
	all := slices.Clip(k.params)
	if k.version != nil {
		all = append(all, k.version)
	}
	return all
}

// typ is the Go type of a parameter.
type typ struct {
	path     string // of the import; empty if name needs none
	name     string
	basic    string // the predeclared type underneath, if the text depends on it
	text     gotypes.Text
	pkg      string // the name of the package at path
	identity string // the same for all names of the type
}

const uuidPath = "github.com/google/uuid"

// scalars are the types that a schema names by a word.
var scalars = map[string]*typ{
	"string": {name: "string", basic: "string", text: gotypes.TextString, identity: "string"},
	"int":    {name: "int", basic: "int", text: gotypes.TextInt, identity: "int"},
	"int32":  {name: "int32", basic: "int32", text: gotypes.TextInt, identity: "int32"},
	"int64":  {name: "int64", basic: "int64", text: gotypes.TextInt, identity: "int64"},
	"uint":   {name: "uint", basic: "uint", text: gotypes.TextUint, identity: "uint"},
	"uint32": {name: "uint32", basic: "uint32", text: gotypes.TextUint, identity: "uint32"},
	"uint64": {name: "uint64", basic: "uint64", text: gotypes.TextUint, identity: "uint64"},
	"uuid":   {path: uuidPath, name: "UUID", text: gotypes.TextUUID, pkg: "uuid", identity: uuidPath + ".UUID"},
}
