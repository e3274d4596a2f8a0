package page

import (
	"fmt"
	"math"
	"slices"
)

// Sizes of the drawing, in its own units.
const (
	graphWidth    = 760
	leftEdge      = 300 // where edges begin
	rightEdge     = 520 // where edges end
	rowHeight     = 44
	graphTop      = 34
	maxSources    = 8
	maxTargets    = 10
	maxNodeText   = 38 // characters on the left, and on the right:
	maxTargetText = 30
)

// graph is the picture that connects requests with the kinds of their deps.
type graph struct {
	Width, Height  int
	Left, Right    int // where the edges begin and end
	Sources        []graphNode
	Targets        []graphNode
	Edges          []graphEdge
	HiddenRequests int // that are not drawn, or only in part
}

type graphNode struct {
	Text, Note    string
	Class         string
	Y             int
	Requests      int
	Invalidations int
}

type graphEdge struct {
	X1, Y1, X2, Y2 int
	Middle         int
	Width          float64
	Requests       int
	Class          string
	From, To       string
}

// draw places the nodes. The edges are sorted by their number of requests.
func draw(s *Snapshot) graph {
	g := graph{Width: graphWidth, Left: leftEdge, Right: rightEdge, HiddenRequests: s.otherShapes}
	kinds := s.kindTotals()
	sources, targets := map[source]int{}, map[string]int{}
	for _, e := range s.Edges {
		from := source{e.System, e.Model}
		i, known := sources[from]
		if !known && len(sources) < maxSources {
			i, known = len(sources), true
			sources[from] = i
			g.Sources = append(g.Sources, s.sourceNode(from, i))
		}
		j, drawn := targets[e.Kind]
		if !drawn && known && len(targets) < maxTargets {
			j, drawn = len(targets), true
			targets[e.Kind] = j
			g.Targets = append(g.Targets, targetNode(kinds[e.Kind], j))
		}
		if !known || !drawn {
			continue
		}
		g.Edges = append(g.Edges, graphEdge{
			X1: leftEdge, Y1: g.Sources[i].Y, X2: rightEdge, Y2: g.Targets[j].Y, Middle: (leftEdge + rightEdge) / 2,
			Width: 1.5 + 1.5*math.Log10(float64(e.Requests)), Requests: e.Requests, Class: g.Targets[j].Class,
			From: g.Sources[i].Text, To: g.Targets[j].Text,
		})
	}
	for sh, c := range s.shapes {
		_, known := sources[sh.source]
		isHidden := func(kind string) bool { _, drawn := targets[kind]; return !drawn }
		if !known || slices.ContainsFunc(sh.list(), isHidden) {
			g.HiddenRequests += c.requests
		}
	}
	g.Height = graphTop + rowHeight*max(len(g.Sources), len(g.Targets))
	return g
}

// kindTotals returns the counts of each kind over all tenants, and those of
// requests without deps.
func (s *Snapshot) kindTotals() map[string]kindRow {
	totals := map[string]kindRow{noDeps: {Kind: noDeps, Requests: s.withoutDeps}}
	for _, k := range s.Kinds {
		sum := totals[k.Kind]
		sum.add(k)
		totals[k.Kind] = sum
	}
	return totals
}

func nodeY(i int) int { return graphTop + rowHeight*i + rowHeight/2 }

func (s *Snapshot) sourceNode(from source, i int) graphNode {
	n := graphNode{Text: shorten(from.system, maxNodeText), Note: from.model, Y: nodeY(i)}
	if from.system == "" {
		n.Text, n.Class = "no system message", "absent"
	}
	scoped := 0
	for sh, c := range s.shapes {
		if sh.source == from {
			n.Requests += c.requests
			scoped += c.scoped
		}
	}
	if scoped == 0 {
		return n
	}
	if n.Note != "" {
		n.Note += ", "
	}
	if scoped < n.Requests {
		n.Note += fmt.Sprintf("%d of %d ", scoped, n.Requests)
	}
	n.Note += "scoped"
	return n
}

func targetNode(k kindRow, i int) graphNode {
	n := graphNode{Text: shorten(k.Kind, maxTargetText), Y: nodeY(i), Requests: k.Requests, Invalidations: k.Invalidations}
	switch {
	case k.Kind == noDeps:
		n.Text, n.Class = "no deps", "absent"
	case k.Forgotten:
		n.Class = "forgotten"
	}
	return n
}

// shorten cuts a text to limit characters. It keeps the end, where long texts
// often differ, unless that is already cut off.
func shorten(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	if runes[len(runes)-1] == '…' {
		return string(runes[:limit-1]) + "…"
	}
	const tail = 14
	return string(runes[:limit-1-tail]) + "…" + string(runes[len(runes)-tail:])
}
