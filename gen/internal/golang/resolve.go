package golang

import (
	"cmp"
	"go/token"
	"unicode"

	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// Resolve chooses the Go names of a schema, for a file in a folder with the
// types that the schema names. Clashes are problems. If schema.Parse or Resolve
// has found problems, nothing must be emitted.
func Resolve(file *schema.File, types map[schema.GoName]gotypes.Type, folder *gotypes.Folder) (*File, schema.Problems) {
	r := &resolver{
		out:    &File{schema: file},
		types:  map[*schema.Type]*typ{},
		named:  map[string]bool{},
		kinds:  map[*schema.Kind]*kind{},
		values: map[*schema.Value]string{},
	}
	r.goTypes(types)
	for _, k := range file.Kinds {
		r.nameKind(k)
	}
	for _, k := range r.out.kinds {
		r.typeParams(k)
	}
	pkg, top := scopes(folder)
	r.checkClashes(pkg)
	r.nameImports(top)
	for _, k := range r.out.kinds {
		r.nameParams(k, top.child())
	}
	if len(file.Kinds) > 0 {
		r.checkPredeclared(folder)
	}
	r.checkArguments()
	if len(r.problems) == 0 {
		for _, k := range r.out.kinds {
			r.relate(k)
		}
	}
	return r.out, r.problems
}

type resolver struct {
	out      *File
	problems schema.Problems
	types    map[*schema.Type]*typ
	named    map[string]bool // the named types that a kind declares
	kinds    map[*schema.Kind]*kind
	values   map[*schema.Value]string
}

func (r *resolver) errorf(pos token.Position, format string, args ...any) {
	r.problems = append(r.problems, schema.Problemf(pos, format, args...))
}

// goTypes reports the types of the application that can't be ids.
func (r *resolver) goTypes(loaded map[schema.GoName]gotypes.Type) {
	for _, t := range r.out.schema.GoTypes() {
		found := loaded[t.Go]
		if found.Err != nil {
			r.errorf(t.Pos, "%s: go: %s %s", t.Where, t, found.Err)
			r.types[t] = &typ{identity: t.String()}
			continue
		}
		goType := &typ{
			path: t.Go.Path, name: t.Go.Name, pkg: found.Package,
			basic: found.Basic, text: found.Text, identity: found.Identity,
		}
		if found.Local {
			goType.path = ""
		}
		r.types[t] = goType
	}
}

// nameKind chooses the names that a kind declares for the package. They are
// empty if its name is wrong, which schema.Parse has reported.
func (r *resolver) nameKind(of *schema.Kind) {
	k := &kind{Kind: of, typeName: exportedName(of.Name)}
	k.dep, k.use, k.invalidate = "Dep"+k.typeName, "Use"+k.typeName, "Invalidate"+k.typeName
	for _, v := range k.Values {
		word := exportedName(cmp.Or(v.Name, v.Text))
		if word == "" && v.Name == "" && v.Text != "" {
			r.errorf(v.Pos, "kind %q: value %q has no letter and no digit to make a Go name of; %s", k.Name, v.Text, v.NameFix())
		}
		name := ""
		if word != "" {
			name = k.typeName + word
		}
		k.values = append(k.values, name)
		r.values[v] = name
	}
	r.kinds[of] = k
	r.out.kinds = append(r.out.kinds, k)
}

// typeParams makes the parameters of a kind, still without names.
func (r *resolver) typeParams(k *kind) {
	add := func(part *schema.Part) *param {
		p := &param{part: part}
		if part.Type == nil { // wrong, and reported
			return p
		}
		p.typ = r.typeOf(part.Type)
		if name := part.Type.Named; name != "" && !r.named[name] {
			r.named[name] = true
			k.newTypes = append(k.newTypes, newType{part.Type, p})
		}
		return p
	}
	for _, part := range k.Parts {
		k.params = append(k.params, add(part))
	}
	if k.Version != nil {
		k.version = add(k.Version)
	}
}

// typeOf returns the Go type for a type of the schema, or nil if the kind with
// its values is missing, which schema.Parse has reported.
func (r *resolver) typeOf(t *schema.Type) *typ {
	if found := r.types[t]; found != nil {
		return found
	}
	var made *typ
	switch {
	case t.Named != "":
		made = &typ{name: t.Named, basic: t.Scalar, text: scalars[t.Scalar].text, identity: t.Named}
	case t.Scalar != "":
		return scalars[t.Scalar]
	case t.Set != nil:
		made = &typ{name: r.kinds[t.Set].typeName, text: gotypes.TextValue, identity: t.String()}
	default:
		return nil
	}
	r.types[t] = made
	return made
}

// nameParams chooses the names of the parameters and variables in a kind's
// functions.
func (r *resolver) nameParams(k *kind, s *scope) {
	if k.version != nil {
		k.version.name = "version"
		s.claim("version", &owner{part: k.Version})
	}
	for _, p := range k.params {
		name := localName(p.part.Name)
		if k.Values != nil && k.typeName != "" {
			name = string(unicode.ToLower(rune(k.typeName[0])))
		}
		o := &owner{part: p.part}
		first := s.claim(name, o)
		if first != nil && (first.part == nil || first.part == k.Version) {
			name += "Value"
			first = s.claim(name, o)
		}
		if first != nil && first.part != nil && first.part.Name != p.part.Name {
			r.errorf(p.part.Pos, "kind %q: the parts %q and %q would both be the argument %s; rename one",
				k.Name, first.part.Name, p.part.Name, name)
		}
		p.name = name
	}
	for _, p := range k.allParams() {
		if p.typ != nil && p.typ.text.Fails() {
			p.textVar = s.claimFirst(p.name+"Text", &owner{part: p.part})
		}
	}
}

// checkArguments reports arguments of relations whose Go types differ from
// those of the parts that they are for. schema.Parse has compared all
// other types.
func (r *resolver) checkArguments() {
	for _, k := range r.out.kinds {
		r.checkTypes(k, "part_of", k.PartOf)
		r.checkTypes(k, "grouped_by", k.GroupedBy)
	}
}

func (r *resolver) checkTypes(k *kind, key string, relations []*schema.Relation) {
	for _, rel := range relations {
		if len(rel.Args) != len(rel.Kind.Parts) { // wrong, and reported
			continue
		}
		for i, arg := range rel.Args {
			if arg.Part == nil || arg.Part.Type == nil || rel.Kind.Parts[i].Type == nil {
				continue
			}
			own, want := arg.Part.Type, rel.Kind.Parts[i].Type
			if own.Go == want.Go { // neither is a Go type, or both are the same
				continue
			}
			if t, u := r.typeOf(own), r.typeOf(want); t != nil && u != nil && t.identity != u.identity {
				r.errorf(arg.Pos, "kind %q: %s %s takes %s, and $%s is %s; give both the same type",
					k.Name, key, rel.Kind.Name, want, arg.Part.Name, own)
			}
		}
	}
}

// maxReach bounds the deps that a comment lists.
const maxReach = 10

// relate makes the calls for the relations of a kind.
func (r *resolver) relate(k *kind) {
	direct := func(relations []*schema.Relation) (calls []call) {
		for _, rel := range relations {
			calls = append(calls, r.call(k, rel.Kind, rel.Args))
		}
		return calls
	}
	all := func(relation func(*schema.Kind) []*schema.Relation) reach {
		targets := schema.Closure(k.Kind, relation)
		shown := min(len(targets), maxReach)
		to := reach{more: len(targets) - shown}
		for _, target := range targets[:shown] {
			to.calls = append(to.calls, r.call(k, target.Kind, target.Args))
		}
		return to
	}
	k.partOf, k.groupedBy = direct(k.PartOf), direct(k.GroupedBy)
	k.wholes, k.groups = all(schema.PartOf), all(schema.GroupedBy)
}

// call returns the call of a target's DepX in the functions of k.
func (r *resolver) call(k *kind, target *schema.Kind, args []schema.Arg) call {
	c := call{dep: r.kinds[target].dep}
	for _, arg := range args {
		name := r.values[arg.Value]
		for _, p := range k.params {
			if p.part == arg.Part {
				name = p.name
			}
		}
		c.args = append(c.args, name)
	}
	return c
}
