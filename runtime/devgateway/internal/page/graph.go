package page

import "math"

// Sizes of the drawing, in its own units.
const (
	graphWidth  = 760
	leftEdge    = 300 // where edges begin
	rightEdge   = 520 // where edges end
	rowHeight   = 44
	graphTop    = 34
	maxSources  = 8
	maxTargets  = 10
	maxNodeText = 38 // characters
)

// graph is the picture that connects requests with the kinds of their deps.
type graph struct {
	Width, Height  int
	Left, Right    int // where the edges begin and end
	Sources        []graphNode
	Targets        []graphNode
	Edges          []graphEdge
	HiddenRequests int // of edges that are not drawn
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
	g := graph{Width: graphWidth, Left: leftEdge, Right: rightEdge}
	kinds := map[string]kindRow{}
	for _, k := range s.Kinds {
		kinds[k.Kind] = k
	}
	type source struct{ system, model string }
	sources, targets := map[source]int{}, map[string]int{}
	for _, e := range s.Edges {
		from := source{e.System, e.Model}
		i, known := sources[from]
		if !known && len(sources) < maxSources {
			i, known = len(sources), true
			sources[from] = i
			g.Sources = append(g.Sources, sourceNode(e, i))
		}
		j, drawn := targets[e.Kind]
		if !drawn && known && len(targets) < maxTargets {
			j, drawn = len(targets), true
			targets[e.Kind] = j
			g.Targets = append(g.Targets, targetNode(kinds[e.Kind], e.Kind, j))
		}
		if !known || !drawn {
			g.HiddenRequests += e.Requests
			continue
		}
		g.Targets[j].Requests += e.Requests
		g.Edges = append(g.Edges, graphEdge{
			X1: leftEdge, Y1: g.Sources[i].Y, X2: rightEdge, Y2: g.Targets[j].Y, Middle: (leftEdge + rightEdge) / 2,
			Width: 1.5 + 1.5*math.Log10(float64(e.Requests)), Requests: e.Requests, Class: g.Targets[j].Class,
			From: g.Sources[i].Text, To: g.Targets[j].Text,
		})
	}
	g.Height = graphTop + rowHeight*max(len(g.Sources), len(g.Targets))
	return g
}

func nodeY(i int) int { return graphTop + rowHeight*i + rowHeight/2 }

func sourceNode(e edgeRow, i int) graphNode {
	n := graphNode{Text: shorten(e.System), Note: e.Model, Y: nodeY(i)}
	if e.System == "" {
		n.Text, n.Class = "no system message", "absent"
	}
	return n
}

func targetNode(k kindRow, name string, i int) graphNode {
	n := graphNode{Text: name, Y: nodeY(i), Invalidations: k.Invalidations}
	switch {
	case name == noDeps:
		n.Text, n.Class = "no deps", "absent"
	case k.Forgotten:
		n.Class = "forgotten"
	}
	return n
}

// shorten cuts a text to the room that a node has. It keeps the end, because
// long system messages often differ there.
func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= maxNodeText {
		return text
	}
	const tail = 14
	return string(runes[:maxNodeText-1-tail]) + "…" + string(runes[len(runes)-tail:])
}
