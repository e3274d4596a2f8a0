package schema

import (
	"fmt"
	"slices"
	"strings"
)

// resolveRelations finds the kinds that relations name, and matches their
// arguments to the parts of those kinds.
func (p *parser) resolveRelations() {
	r := resolver{parser: p, values: map[*Kind]map[string]*Value{}}
	for _, k := range p.file.Kinds {
		r.names = append(r.names, k.Name)
	}
	for _, raw := range p.relations {
		problems := len(p.problems)
		if rel := r.resolve(raw); rel != nil {
			*raw.to = append(*raw.to, rel)
		}
		if len(p.problems) > problems {
			p.broken[raw.from] = true
		}
	}
}

type resolver struct {
	*parser
	names  []string                    // of all kinds
	values map[*Kind]map[string]*Value // by text; filled as needed
}

// resolve returns nil if there is no such kind. If only the arguments are
// wrong, the relation has fewer of them, and still counts in cycles.
func (r *resolver) resolve(raw *rawRelation) *Relation {
	what := fmt.Sprintf("kind %q: %s", raw.from.Name, raw.key)
	to := r.kinds[raw.target]
	if to == nil {
		r.errorf(raw.pos, "%s %q is not a kind%s", what, raw.target,
			r.suggest(raw.target, r.names, "; declare it, or name one that is declared"))
		return nil
	}
	rel := &Relation{Kind: to, Pos: raw.pos}
	switch {
	case to.Version != nil:
		r.errorf(raw.pos, "%s %s: a versioned kind can't be a target, since there is no version to give; relate to another kind",
			what, raw.target)
	case len(to.Parts) == 0: // its id is wrong, and reported
		r.broken[raw.from] = true
	case len(raw.args) != len(to.Parts):
		r.errorf(raw.pos, "%s %s: it takes %s, not %d", what, raw.target, counted(to.Parts), len(raw.args))
	default:
		for i, arg := range raw.args {
			if resolved, ok := r.arg(raw, to, to.Parts[i], arg); ok {
				rel.Args = append(rel.Args, resolved)
			}
		}
	}
	return rel
}

// counted returns the number of arguments for a message: "a list of 2 arguments
// (user, number)".
func counted(parts []*Part) string {
	if len(parts) == 1 {
		return "1 argument"
	}
	names := make([]string, len(parts))
	for i, part := range parts {
		names[i] = part.Name
	}
	return fmt.Sprintf("a list of %d arguments (%s)", len(parts), strings.Join(names, ", "))
}

// arg resolves the argument that a relation gives for a part of the kind to.
func (r *resolver) arg(raw *rawRelation, to *Kind, part *Part, arg rawArg) (Arg, bool) {
	k := raw.from
	what := fmt.Sprintf("kind %q: %s %s", k.Name, raw.key, to.Name)
	name, isPart := strings.CutPrefix(arg.text, "$")
	if part.Type != nil && part.Type.Set != nil {
		set := part.Type.Set
		if v := r.valuesOf(set)[arg.text]; v != nil {
			if isPart && slices.ContainsFunc(k.Parts, func(own *Part) bool { return own.Name == name }) {
				r.errorf(arg.pos, "%s: %s is a part of kind %q and one of the values of %q; rename the part", what, arg.text, k.Name, set.Name)
			}
			return Arg{Value: v, Pos: arg.pos}, true
		}
		if !isPart || !k.hasSetPart() {
			whose := "its values"
			if set != to {
				whose = fmt.Sprintf("the values of %q", set.Name)
			}
			r.errorf(arg.pos, "%s: %q is not one of %s%s", what, arg.text, whose, r.suggestValue(set, arg.text))
			return Arg{}, false
		}
	}
	if !isPart {
		r.errorf(arg.pos, "%s: %q is a literal, which only a kind with values takes; give a part, like %s",
			what, arg.text, strings.Join(partNames(k), ", "))
		return Arg{}, false
	}
	for _, own := range k.Parts {
		if own.Name != name {
			continue
		}
		if own.Type != nil && part.Type != nil && !own.Type.agrees(part.Type) {
			r.errorf(arg.pos, "%s takes %s, and $%s is %s; give both the same type", what, part.Type, name, own.Type)
		}
		return Arg{Part: own, Pos: arg.pos}, true
	}
	if len(k.Parts) > 0 {
		r.errorf(arg.pos, "%s: %s is not a part of kind %q%s", what, arg.text, k.Name, r.suggestPart(raw, to, arg.text))
	}
	r.broken[k] = true
	return Arg{}, false
}

// suggestPart returns the suggestion for an argument that is not a part of the
// id. A relation can use only the id; to relate the kind to anything else, the
// program names both deps.
func (r *resolver) suggestPart(raw *rawRelation, to *Kind, arg string) string {
	fix := fmt.Sprintf("invalidate both, %q and %q", raw.from.Name, to.Name)
	if raw.key == "grouped_by" {
		fix = fmt.Sprintf("tag answers with both, %q and %q", raw.from.Name, to.Name)
	}
	names := partNames(raw.from)
	return r.suggest(arg, names, fmt.Sprintf(", which has %s; give one of these, or leave %s out and %s",
		strings.Join(names, ", "), raw.key, fix))
}

// hasSetPart reports whether a part of k has a closed set as its type.
func (k *Kind) hasSetPart() bool {
	return slices.ContainsFunc(k.Parts, func(part *Part) bool { return k.Values == nil && part.Type != nil && part.Type.set != "" })
}

// partNames returns the arguments that relations of a kind can use.
func partNames(k *Kind) []string {
	names := make([]string, len(k.Parts))
	for i, part := range k.Parts {
		names[i] = "$" + part.Name
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
