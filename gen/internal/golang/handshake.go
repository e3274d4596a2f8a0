package golang

import (
	"cmp"
	"fmt"

	"github.com/dave/jennifer/jen"
)

// version is a minor version of the runtime.
type version struct{ major, minor int }

// constant returns the name of the runtime's constant for a version.
func (v version) constant() string { return fmt.Sprintf("IsAtLeastVersion%d_%d_0", v.major, v.minor) }

func (v version) before(w version) bool {
	return cmp.Or(cmp.Compare(v.major, w.major), cmp.Compare(v.minor, w.minor)) < 0
}

// since is the version that added each part of the runtime that generated code
// uses. A new part needs a new constant in the runtime's handshake.go, unless
// the version of the newest one has not been released.
var since = map[string]version{
	"Dep":             {0, 1},
	"NewDep":          {0, 1},
	"NewCompositeDep": {0, 1},
	"InvalidDep":      {0, 1},
	"TextOf":          {0, 1},
	"StringOf":        {0, 1},
	"WithHash":        {0, 1},
	"PartOf":          {0, 1},
	"GroupedBy":       {0, 1},
	"Use":             {0, 1},
	"Invalidate":      {0, 1},
}

// uses notes that the file uses a part of the runtime, and returns its name.
func (e *emitter) uses(name string) string {
	v, known := e.since[name]
	if !known {
		e.err = cmp.Or(e.err, fmt.Errorf("no version of the runtime has %s; add it to the table of versions", name))
	}
	if e.newest.before(v) {
		e.newest = v
	}
	return name
}

// runtime makes
//
//	cachecore.NewDep
func (e *emitter) runtime(name string) *jen.Statement { return jen.Qual(runtimePath, e.uses(name)) }

// handshake makes
//
//	const _ = cachecore.IsAtLeastVersion0_1_0
//
// without the constant, which is known when the file is complete.
func handshake(out *emitter) *jen.Statement {
	out.Comment(comment(wrap("If the next line does not compile, this file needs a newer depgen runtime than go.mod selects. "+
		"Update github.com/depgen/depgen in go.mod, or the code that replaces it there. Or generate this file "+
		"again with the depgen in go.mod:") + `

	go generate ./...`))
	return out.Const().Id("_").Op("=")
}
