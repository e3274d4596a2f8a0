package schema

import (
	"fmt"
	"slices"
	"strings"
)

// maxReach bounds the deps that one call of a generated DepX makes, including
// its own. DepX calls another DepY for each relation: thirty kinds in a row,
// each with two relations to the next, would make billions of calls.
const maxReach = 1000

// graph walks the kinds along both relations at once, as the generated
// functions call each other.
type graph struct {
	*parser
	path []step // to the current kind
	// calls is the number of calls that one call of a kind's DepX makes. It is
	// 0 for a kind on the path, and for a kind whose relations are broken,
	// endless or too many.
	calls map[*Kind]int
}

// step is a kind, and the key of the relation that led to it.
type step struct {
	kind *Kind
	key  string
}

// checkGraph reports each relation that closes a cycle, and the kinds whose
// relations lead to too many deps.
func (p *parser) checkGraph() *graph {
	g := &graph{parser: p, calls: map[*Kind]int{}}
	for _, k := range p.file.Kinds {
		if _, seen := g.calls[k]; !seen {
			g.visit(k, "")
		}
	}
	return g
}

func (g *graph) visit(k *Kind, key string) {
	g.calls[k] = 0
	g.path = append(g.path, step{k, key})
	calls, whole := 1, !g.broken[k]
	follow := func(key string, relations []*Relation) {
		for _, r := range relations {
			if n, seen := g.calls[r.Kind]; !seen {
				g.visit(r.Kind, key)
			} else if n == 0 {
				g.checkCycle(k, key, r)
			}
			calls += g.calls[r.Kind]
			whole = whole && g.calls[r.Kind] > 0
		}
	}
	follow("part_of", k.PartOf)
	follow("grouped_by", k.GroupedBy)
	g.path = g.path[:len(g.path)-1]
	switch {
	case !whole:
	case calls > maxReach:
		g.errorf(k.Pos, "kind %q: its relations lead to more than %d deps; remove some", k.Name, maxReach)
	default:
		g.calls[k] = calls
	}
}

// checkCycle reports the relation r of k under key if it leads back to a kind
// on the path.
func (g *graph) checkCycle(k *Kind, key string, r *Relation) {
	from := slices.IndexFunc(g.path, func(s step) bool { return s.kind == r.Kind })
	if from < 0 {
		return
	}
	var names []string
	for i, s := range g.path[from:] {
		names = append(names, s.kind.Name)
		if i > 0 && s.key != key {
			key = "relation"
		}
	}
	names = append(names, r.Kind.Name)
	if hidden := len(names) - 2*shownOfCycle; hidden > 1 {
		middle := fmt.Sprintf("… (%d more)", hidden)
		names = slices.Concat(names[:shownOfCycle], []string{middle}, names[len(names)-shownOfCycle:])
	}
	g.errorf(r.Pos, "kind %q: %s cycle: %s; remove one of these relations", k.Name, key, strings.Join(names, " -> "))
}

// shownOfCycle is the number of kinds that a message shows at each end of a
// long cycle.
const shownOfCycle = 4
