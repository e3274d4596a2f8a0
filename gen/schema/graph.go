package schema

import (
	"slices"
	"strings"
)

// checkCycles reports each relation that closes a cycle.
func (p *parser) checkCycles(key string, related func(*Kind) []*Relation) {
	const onPath, done = 1, 2
	state := map[*Kind]int{}
	var path []*Kind
	var visit func(k *Kind)
	visit = func(k *Kind) {
		state[k] = onPath
		path = append(path, k)
		for _, r := range related(k) {
			switch {
			case r.Kind == nil: // reported
			case state[r.Kind] == onPath:
				cycle := slices.Concat(path[slices.Index(path, r.Kind):], []*Kind{r.Kind})
				p.errorf(r.pos, "kind %q: %s cycle: %s; remove one of these relations", k.Name, key, arrows(cycle))
			case state[r.Kind] != done:
				visit(r.Kind)
			}
		}
		path = path[:len(path)-1]
		state[k] = done
	}
	for _, k := range p.file.Kinds {
		if state[k] != done {
			visit(k)
		}
	}
}

func arrows(path []*Kind) string {
	names := make([]string, len(path))
	for i, k := range path {
		names[i] = k.Name
	}
	return strings.Join(names, " -> ")
}
