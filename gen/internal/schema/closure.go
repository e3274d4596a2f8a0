package schema

import "slices"

// Target is a dep that the relations of a kind lead to. A part among its Args
// is one of that kind.
type Target struct {
	Kind *Kind
	Args []Arg
}

// String returns the target in the form of a relation: "note [$user, $number]".
func (t Target) String() string {
	texts := make([]string, len(t.Args))
	for i, arg := range t.Args {
		texts[i] = arg.String()
	}
	return relationText(t.Kind.Name, texts)
}

// Closure returns the deps that a kind's relations lead to, directly and
// through other kinds, each once. The relation is PartOf or GroupedBy.
func Closure(k *Kind, relation func(*Kind) []*Relation) []Target {
	if len(relation(k)) == 0 {
		return nil
	}
	own := make([]Arg, len(k.Parts))
	for i, part := range k.Parts {
		own[i] = Arg{Part: part}
	}
	c := closure{relation: relation}
	c.follow(k, own)
	return c.targets
}

type closure struct {
	relation func(*Kind) []*Relation
	targets  []Target
	seen     map[string]bool // nil for a few targets, which are compared instead
}

// fewTargets is a number of targets that are faster to compare than to look up.
const fewTargets = 8

// follow adds the deps that the relations of k lead to. The args are those that
// the first kind gives for the parts of k.
func (c *closure) follow(k *Kind, args []Arg) {
	for _, r := range c.relation(k) {
		t := Target{r.Kind, make([]Arg, len(r.Args))}
		for i, arg := range r.Args {
			if arg.Part != nil {
				arg = args[slices.Index(k.Parts, arg.Part)]
			}
			t.Args[i] = Arg{Part: arg.Part, Value: arg.Value}
		}
		if c.add(t) {
			c.follow(t.Kind, t.Args)
		}
	}
}

// add adds a target, and reports whether it is new.
func (c *closure) add(t Target) bool {
	switch {
	case c.seen == nil && len(c.targets) < fewTargets:
		if slices.ContainsFunc(c.targets, func(u Target) bool { return t.Kind == u.Kind && slices.Equal(t.Args, u.Args) }) {
			return false
		}
	case c.seen == nil:
		c.seen = map[string]bool{}
		for _, u := range c.targets {
			c.seen[u.String()] = true
		}
		fallthrough
	default:
		key := t.String()
		if c.seen[key] {
			return false
		}
		c.seen[key] = true
	}
	c.targets = append(c.targets, t)
	return true
}

// checkOverlaps reports kinds that are part of a dep that also groups their
// answers. Only the very same dep counts: answers grouped by one table may be
// part of another.
func (g *graph) checkOverlaps() {
	for _, k := range g.file.Kinds {
		if len(k.PartOf) == 0 || len(k.GroupedBy) == 0 || g.calls[k] == 0 {
			continue
		}
		groups := map[string]bool{}
		for _, group := range Closure(k, GroupedBy) {
			groups[group.String()] = true
		}
		for _, whole := range Closure(k, PartOf) {
			if groups[whole.String()] {
				g.errorf(k.Pos, "kind %q: it is part_of %s, and its answers are grouped_by that too: invalidating one would drop them all; "+
					"remove one of the two", k.Name, whole)
			}
		}
	}
}
