package schema

import "slices"

// checkOverlaps reports kinds that are part of a dep that also groups their
// answers. Only the very same dep counts: answers grouped by one table may be
// part of another.
func (g *graph) checkOverlaps() {
	for _, k := range g.file.Kinds {
		if len(k.PartOf) == 0 || len(k.GroupedBy) == 0 || g.calls[k] == 0 {
			continue
		}
		own := make([]string, len(k.Params))
		for i, param := range k.Params {
			own[i] = "$" + param.Name
		}
		wholes, groups := reach{seen: map[string]bool{}}, reach{seen: map[string]bool{}}
		wholes.follow(k, own, partOf)
		groups.follow(k, own, groupedBy)
		for _, whole := range wholes.order {
			if groups.seen[whole] {
				g.errorf(k.pos, "kind %q: it is part_of %s, and its answers are grouped_by that too: invalidating one would drop them all; "+
					"remove one of the two", k.Name, whole)
			}
		}
	}
}

func partOf(k *Kind) []*Relation    { return k.PartOf }
func groupedBy(k *Kind) []*Relation { return k.GroupedBy }

// reach collects the deps that a kind's relations lead to, directly and through
// other kinds.
type reach struct {
	order []string
	seen  map[string]bool
}

// follow adds the deps that the relations of k lead to. The args are the texts
// of k's own parts, as seen from the first kind.
func (c *reach) follow(k *Kind, args []string, related func(*Kind) []*Relation) {
	for _, r := range related(k) {
		texts := make([]string, len(r.Args))
		for i, arg := range r.Args {
			if arg.Value != nil {
				texts[i] = arg.Value.Text
			} else {
				texts[i] = args[slices.Index(k.Params, arg.Param)]
			}
		}
		key := relationText(r.Kind.Name, texts)
		if c.seen[key] {
			continue
		}
		c.seen[key] = true
		c.order = append(c.order, key)
		c.follow(r.Kind, texts, related)
	}
}
