package schema

import "slices"

// maxReach bounds the deps that the relations of one kind lead to: with two relations each, thirty kinds in a row could lead to billions.
const maxReach = 1000

// checkOverlaps reports kinds that are part of something that their own answers are grouped by. Only the very same dep
// counts: answers grouped by one table may well be part of another.
func (p *parser) checkOverlaps() {
	for _, k := range p.file.Kinds {
		if len(k.PartOf) == 0 || len(k.GroupedBy) == 0 {
			continue
		}
		own := make([]string, len(k.Params))
		for i, param := range k.Params {
			own[i] = "$" + param.Name
		}
		var wholes, groups reach
		wholes.follow(k, own, partOf)
		groups.follow(k, own, groupedBy)
		if len(wholes.order) > maxReach || len(groups.order) > maxReach {
			p.errorf(k.pos, "kind %q: its relations lead to more than %d deps; remove some", k.Name, maxReach)
			continue
		}
		for _, whole := range wholes.order {
			if groups.seen[whole] {
				p.errorf(k.pos, "kind %q: it is part_of %s, and its answers are grouped_by that too: invalidating one would drop them all; "+
					"remove one of the two", k.Name, whole)
			}
		}
	}
}

// reach collects the deps that a kind's relations lead to, directly and through other kinds.
type reach struct {
	order []string
	seen  map[string]bool
}

// follow adds what the relations of k lead to. The args are the texts that k's own parts have, as seen from the kind where it began.
func (c *reach) follow(k *Kind, args []string, related func(*Kind) []*Relation) {
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
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
		if c.seen[key] || len(c.order) > maxReach {
			continue
		}
		c.seen[key] = true
		c.order = append(c.order, key)
		c.follow(r.Kind, texts, related)
	}
}
