package page

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/wire"
)

func newPage() *Page {
	return New(func() time.Time { return time.Unix(1_900_000_000, 0) }, func(int) ([]cache.DepEntries, int) { return nil, 0 })
}

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain é 漢 😀":                "plain é 漢 😀",
		"a\nb\tc":                    "a b c",
		"\u202e\u2066\u200b\x00\x7f": `\u202e\u2066\u200b\x00\x7f`,
		"\u2028":                     `\u2028`,
		"\xff":                       "\ufffd",
		strings.Repeat("x", 20):      strings.Repeat("x", 20),
		strings.Repeat("x", 21):      strings.Repeat("x", 20) + "…",
		strings.Repeat("é", 20):      strings.Repeat("é", 10) + "…",
	} {
		limit := max(20, utf8.RuneCountInString(want)*2)
		if strings.HasPrefix(text, "xxx") || strings.HasPrefix(text, "éé") {
			limit = 20
		}
		if got := clean(text, limit); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// The page remembers a limited number of requests, with short texts, shows the
// newest first, and counts all.
func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	p := newPage()
	long := strings.Repeat("\u202e", 2000)
	const n = 5000
	for i := range n {
		var deps []wire.Dep
		for j := range 10 {
			deps = append(deps, wire.Dep{ID: fmt.Sprintf("kind%d-%d:%s", i, j, long)})
		}
		p.Request(Request{
			Tenant: long, Status: "MISS", Code: 200, Deps: deps, Reason: long,
			Label: &cache.Label{Text: fmt.Sprint(i, long), System: fmt.Sprint(i, long), Model: long},
		})
		p.Invalidation(Invalidation{Tenant: long, Dep: wire.Dep{ID: fmt.Sprintf("kind%d:%s", i, long), Hash: long}})
	}
	s := p.snapshot(maxRequests)
	if len(s.Requests) != maxRequests || s.Requests[0].Number != n || s.Requests[maxRequests-1].Number != n-maxRequests+1 {
		t.Errorf("%d requests, from %d", len(s.Requests), s.Requests[0].Number)
	}
	if !strings.HasPrefix(s.Requests[0].Text, fmt.Sprint(n-1)) {
		t.Errorf("the newest request is %q", s.Requests[0].Text)
	}
	if len(s.Invalidations) != maxInvalidations || s.Totals.Invalidations != n || s.Totals.Requests != n || s.Totals.Misses != n {
		t.Errorf("%d invalidations, totals %+v", len(s.Invalidations), s.Totals)
	}
	if len(s.Kinds) > maxKinds+1 || len(s.Edges) > maxEdges || len(p.shapes) != maxShapes || p.otherShapes != n-maxShapes {
		t.Errorf("%d kinds, %d edges", len(s.Kinds), len(s.Edges))
	}
	for _, k := range s.Kinds {
		if len(k.Kind) > maxKind+len("…") {
			t.Fatalf("kind of %d bytes", len(k.Kind))
		}
	}
	text, err := p.JSON()
	if err != nil || len(text) > 1<<20 {
		t.Errorf("%d bytes of JSON, %v", len(text), err)
	}
	var html strings.Builder
	if err := p.HTML(&html); err != nil || html.Len() > 2<<20 {
		t.Errorf("%d bytes of HTML, %v", html.Len(), err)
	}
}

func TestKindsThatAreNeverInvalidated(t *testing.T) {
	t.Parallel()
	p := newPage()
	p.Request(Request{Tenant: "t", Status: "MISS", Code: 200, Deps: []wire.Dep{{ID: "doc:1"}, {ID: "doc:2"}, {ID: "table:docs"}, {ID: "plain"}, {ID: ":x"}}})
	p.Request(Request{Tenant: "t", Status: "HIT_L1", Code: 200, Deps: []wire.Dep{{ID: "doc:1"}}})
	p.Request(Request{Code: 401, Deps: []wire.Dep{{ID: "refused:1"}}})
	p.Invalidation(Invalidation{Tenant: "t", Dep: wire.Dep{ID: "doc:7"}})
	p.Invalidation(Invalidation{Tenant: "t", Dep: wire.Dep{ID: wire.PolicyDep}})
	var got []string
	for _, k := range p.snapshot(0).Forgotten().Kinds {
		got = append(got, fmt.Sprint(k.Kind, " ", k.Requests))
	}
	if text := strings.Join(got, ", "); text != "(no kind) 1, plain 1, table 1" {
		t.Errorf("got %s", text)
	}
}

// The picture has room for the most frequent edges, and counts the others.
func TestGraph(t *testing.T) {
	t.Parallel()
	p := newPage()
	for i := range 12 {
		for range 20 - i {
			p.Request(Request{Tenant: "t", Status: "MISS", Deps: []wire.Dep{{ID: fmt.Sprintf("kind%d:1", i)}}, Label: &cache.Label{System: fmt.Sprint("system ", i)}})
		}
	}
	g := draw(p.snapshot(0))
	if len(g.Sources) != maxSources || len(g.Targets) != maxSources || len(g.Edges) != maxSources || g.HiddenRequests != 12+11+10+9 {
		t.Errorf("%d sources, %d targets, %d edges, %d requests not drawn", len(g.Sources), len(g.Targets), len(g.Edges), g.HiddenRequests)
	}
	if g.Targets[0].Text != "kind0" || g.Targets[0].Requests != 20 || g.Edges[0].Width <= g.Edges[7].Width {
		t.Errorf("first target %+v, edges %+v", g.Targets[0], g.Edges)
	}
	for _, node := range append(g.Sources, g.Targets...) {
		if node.Y > g.Height {
			t.Errorf("%s is below the picture", node.Text)
		}
	}
}

func ok() error { return nil }

func listening(ctx context.Context) *http.Request {
	return httptest.NewRequestWithContext(ctx, http.MethodGet, "/debug/events", nil)
}

// A reader that has stopped delays no request, and sees the rows later.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	p := newPage()
	out, in := io.Pipe()
	ended := make(chan bool, 1)
	go func() { ended <- p.Events(in, listening(t.Context()), ok) }()
	if _, err := out.Read(make([]byte, 1)); err != nil { // the rest of the event has to wait
		t.Fatal(err)
	}
	for range 1000 {
		p.Request(Request{Tenant: "t", Status: "HIT_L1", Code: 200})
		p.Invalidation(Invalidation{})
	}
	if s := p.snapshot(1); s.Totals.Requests != 1000 || s.Totals.Invalidations != 1000 {
		t.Errorf("totals: %+v", s.Totals)
	}
	out.Close()
	if !<-ended || p.streams != 0 {
		t.Errorf("%d streams are left", p.streams)
	}
}

// However many requests there are, a stream gets ten events with rows a second
// at most, one with the other parts, and one every five seconds afterwards.
func TestEventsAreCoalesced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		ctx, leave := context.WithCancel(t.Context())
		var out testlog.Buffer
		ended := make(chan bool, 1)
		go func() { ended <- p.Events(&out, listening(ctx), ok) }()
		count := func(event string) int { return strings.Count(out.String(), "event: "+event+"\n") }
		for range 3000 {
			p.Request(Request{Tenant: "t", Status: "HIT_L1", Code: 200})
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if rows, parts := count("rows"), count("parts"); rows < 25 || rows > 31 || parts < 3 || parts > 4 {
			t.Errorf("in 3 seconds: %d events with rows, %d with parts", rows, parts)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		before := count("parts")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if after := count("parts"); after != before+2 {
			t.Errorf("%d events in 10 quiet seconds, want 2", after-before)
		}
		leave()
		if !<-ended {
			t.Error("the stream was refused")
		}
	})
}

func TestCloseEndsStreams(t *testing.T) {
	t.Parallel()
	p := newPage()
	ended := make(chan bool, maxStreams)
	for range maxStreams {
		out, in := io.Pipe()
		defer out.Close()
		go func() { ended <- p.Events(in, listening(t.Context()), ok) }()
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, out) //nolint:errcheck // until the test ends
	}
	if p.Events(io.Discard, listening(t.Context()), ok) {
		t.Error("one stream too many was begun")
	}
	p.Close()
	p.Close()
	for range maxStreams {
		<-ended
	}
	if !p.Events(io.Discard, listening(t.Context()), ok) || p.streams != 0 {
		t.Errorf("%d streams are left", p.streams)
	}
}
