package schema

import "gopkg.in/yaml.v3"

// maxAliased bounds the number of nodes that aliases expand to. A few lines of
// aliases to aliases can expand to billions.
const maxAliased = 100_000

// checkAliases reports whether the tree is finite, and not much larger than
// its text.
func (p *parser) checkAliases(root *yaml.Node) bool {
	w := aliasWalk{sizes: map[*yaml.Node]int{}}
	w.size(root)
	switch {
	case w.loop != nil:
		p.errorf(p.at(w.loop), "alias *%s stands inside its own anchor; remove it", w.loop.Value)
	case w.bomb != nil:
		p.errorf(p.at(w.bomb), "with alias *%s, aliases stand for more than %d nodes; use fewer", w.bomb.Value, maxAliased)
	}
	return w.loop == nil && w.bomb == nil
}

type aliasWalk struct {
	sizes   map[*yaml.Node]int // of anchored nodes; 0 while one is being counted
	aliased int
	loop    *yaml.Node // the first alias inside its own anchor
	bomb    *yaml.Node // the alias that exceeds the limit
}

// size returns the number of nodes that n expands to.
func (w *aliasWalk) size(n *yaml.Node) int {
	if w.loop != nil || w.bomb != nil {
		return 0
	}
	if n.Kind == yaml.AliasNode {
		size := w.sizes[n.Alias] // an anchor precedes its aliases
		if size == 0 {
			w.loop = n
		}
		if w.aliased += size; w.aliased > maxAliased {
			w.bomb = n
		}
		return size
	}
	if n.Anchor != "" {
		w.sizes[n] = 0
	}
	size := 1
	for _, child := range n.Content {
		size += w.size(child)
	}
	if n.Anchor != "" {
		w.sizes[n] = size
	}
	return size
}
