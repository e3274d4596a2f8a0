package schema

import (
	"fmt"
	"slices"
	"strings"
)

// relate resolves every relation, and checks all of them together.
func (p *parser) relate() {
	r := resolver{parser: p, values: map[*Kind]map[string]*Value{}}
	for _, k := range p.file.Kinds {
		r.names = append(r.names, k.Name)
	}
	for _, k := range p.file.Kinds {
		r.resolve(k, k.PartOf, "part_of")
		r.resolve(k, k.GroupedBy, "grouped_by")
	}
	p.checkGraph().checkOverlaps()
}

type resolver struct {
	*parser
	names  []string                    // of all kinds
	values map[*Kind]map[string]*Value // by text; filled as needed
}

// resolve finds the kinds that relations name, and matches the arguments to
// their parts.
func (r *resolver) resolve(k *Kind, relations []*Relation, key string) {
	what := fmt.Sprintf("kind %q: %s", k.Name, key)
	for _, rel := range relations {
		other := r.kinds[rel.name]
		if other == nil {
			r.errorf(rel.pos, "%s %q is not a kind%s", what, rel.name,
				r.suggest(rel.name, r.names, "; declare it, or name one that is declared"))
			continue
		}
		rel.Kind = other
		if other.Version != nil {
			r.errorf(rel.pos, "%s %s: a versioned kind can't be a target, since there is no version to give; relate to another kind",
				what, rel.name)
			continue
		}
		if len(rel.args) != len(other.Params) {
			if len(other.Params) > 0 { // else its id was wrong, and is reported
				r.errorf(rel.pos, "%s %s: it takes %s, not %d", what, rel.name, counted(other.Params), len(rel.args))
			}
			continue
		}
		for i, arg := range rel.args {
			rel.Args = append(rel.Args, r.argument(k, other, other.Params[i], arg, key))
		}
	}
}

// counted returns the number of arguments for a message: "a list of 2 arguments
// (user, number)".
func counted(params []*Param) string {
	if len(params) == 1 {
		return "1 argument"
	}
	names := make([]string, len(params))
	for i, param := range params {
		names[i] = param.Name
	}
	return fmt.Sprintf("a list of %d arguments (%s)", len(params), strings.Join(names, ", "))
}

// argument resolves the argument that k gives for a part of other.
func (r *resolver) argument(k, other *Kind, param *Param, arg argument, key string) Arg {
	what := fmt.Sprintf("kind %q: %s %s", k.Name, key, other.Name)
	name, isPart := strings.CutPrefix(arg.text, "$")
	if param.Type != nil && param.Type.set != nil {
		set := param.Type.set
		if v := r.valuesOf(set)[arg.text]; v != nil {
			if isPart && slices.ContainsFunc(k.Params, func(own *Param) bool { return own.Name == name }) {
				r.errorf(arg.pos, "%s: %s is a part of kind %q and one of the values of %q; rename the part", what, arg.text, k.Name, set.Name)
			}
			return Arg{Value: v}
		}
		if !isPart || !k.hasSetPart() {
			whose := "its values"
			if set != other {
				whose = fmt.Sprintf("the values of %q", set.Name)
			}
			r.errorf(arg.pos, "%s: %q is not one of %s%s", what, arg.text, whose, r.suggestValue(set, arg.text))
			return Arg{}
		}
	}
	if !isPart {
		r.errorf(arg.pos, "%s: %q is a literal, which only a kind with values takes; give a part, like %s",
			what, arg.text, parts(k))
		return Arg{}
	}
	for _, own := range k.Params {
		if own.Name != name {
			continue
		}
		if own.Type != nil && param.Type != nil && !own.Type.Same(param.Type) {
			r.errorf(arg.pos, "%s takes %s, and $%s is %s; give both the same type", what, param.Type, name, own.Type)
		}
		return Arg{Param: own}
	}
	if len(k.Params) > 0 {
		r.errorf(arg.pos, "%s: %s is not a part of kind %q%s", what, arg.text, k.Name, r.suggestPart(k, other, arg.text, key))
	}
	return Arg{}
}

// suggestPart returns the suggestion for an argument that is not a part of k's
// id. A relation can use only the id; to relate k to anything else, the program
// names both deps.
func (r *resolver) suggestPart(k, other *Kind, arg, key string) string {
	fix := fmt.Sprintf("invalidate both, with Invalidate%s and Invalidate%s", k.GoName, other.GoName)
	if key == "grouped_by" {
		fix = fmt.Sprintf("tag answers with both, Dep%s and Dep%s", k.GoName, other.GoName)
	}
	return r.suggest(arg, partNames(k), fmt.Sprintf(", which has %s; give one of these, or leave %s out and %s", parts(k), key, fix))
}

// hasSetPart reports whether a part of k has a closed set as its type.
func (k *Kind) hasSetPart() bool {
	return slices.ContainsFunc(k.Params, func(p *Param) bool { return k.Values == nil && p.Type != nil && p.Type.Text == TextValue })
}

// parts lists the arguments that relations of a kind can use.
func parts(k *Kind) string { return strings.Join(partNames(k), ", ") }

func partNames(k *Kind) []string {
	names := make([]string, len(k.Params))
	for i, param := range k.Params {
		names[i] = "$" + param.Name
	}
	return names
}

func (r *resolver) valuesOf(k *Kind) map[string]*Value {
	if r.values[k] == nil {
		r.values[k] = make(map[string]*Value, len(k.Values))
		for _, v := range k.Values {
			r.values[k][v.Text] = v
		}
	}
	return r.values[k]
}

func (r *resolver) suggestValue(k *Kind, text string) string {
	known := make([]string, len(k.Values))
	for i, v := range k.Values {
		known[i] = v.Text
	}
	return r.suggest(text, known, "; add it there, or give one that is there")
}
