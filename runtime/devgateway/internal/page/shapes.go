package page

import (
	"cmp"
	"slices"
	"strings"
)

// source is the form of a request: its system message without the scope, and
// its model.
type source struct{ system, model string }

// shape is a source with the kinds of the deps, sorted and joined by
// [kindSeparator].
type shape struct {
	source
	kinds string
}

// kindSeparator is in no kind, because kinds have no control characters.
const kindSeparator = "\x00"

func (s shape) list() []string { return strings.Split(s.kinds, kindSeparator) } // one empty kind for no deps

// shapeCount counts the requests of a shape.
type shapeCount struct{ requests, scoped int }

func (p *Page) countShape(row requestRow, kinds []string) {
	key := shape{source{row.System, row.Model}, strings.Join(kinds[:min(len(kinds), maxShapeKinds)], kindSeparator)}
	c, known := p.shapes[key]
	if !known && len(p.shapes) >= maxShapes {
		p.otherShapes++
		return
	}
	c.requests++
	if row.Scoped {
		c.scoped++
	}
	p.shapes[key] = c
}

// edgeRow counts the requests of one form that carry a kind.
type edgeRow struct {
	System   string `json:"system"`
	Model    string `json:"model"`
	Kind     string `json:"kind"` // empty for requests without deps
	Requests int    `json:"requests"`
	Scoped   int    `json:"scoped"` // those whose system message ends with a scope
}

// edgeRows returns the most frequent edges.
func edgeRows(shapes map[shape]shapeCount) []edgeRow {
	counts := map[shape]shapeCount{} // with one kind each
	for s, c := range shapes {
		for _, kind := range s.list() {
			key := shape{s.source, kind}
			sum := counts[key]
			counts[key] = shapeCount{sum.requests + c.requests, sum.scoped + c.scoped}
		}
	}
	edges := make([]edgeRow, 0, len(counts))
	for s, c := range counts {
		edges = append(edges, edgeRow{s.system, s.model, s.kinds, c.requests, c.scoped})
	}
	slices.SortFunc(edges, func(a, b edgeRow) int {
		return cmp.Or(b.Requests-a.Requests, cmp.Compare(a.System, b.System), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Kind, b.Kind))
	})
	return edges[:min(len(edges), maxEdges)]
}
