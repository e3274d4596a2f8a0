package page

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/wire"
)

func (p *Page) html(t *testing.T) string {
	t.Helper()
	var html strings.Builder
	if err := p.HTML(&html); err != nil {
		t.Fatal(err)
	}
	return html.String()
}

// An invalidation with the token of another tenant does not count.
func TestKindsOfSeveralTenants(t *testing.T) {
	t.Parallel()
	p := newPage()
	doc := []wire.Dep{{ID: "doc:1"}}
	p.Request(Request{Tenant: "acme", Status: "MISS", Code: 200, Deps: doc})
	p.Request(Request{Status: "BYPASS", Code: 200, Deps: doc})
	if s := p.snapshot(0); len(s.Kinds) != 1 || s.Kinds[0].Requests != 2 || s.Kinds[0].Tenant != "" {
		t.Errorf("one tenant: %+v", s.Kinds)
	}
	p.Invalidation(Invalidation{Tenant: "dev", Dep: doc[0]})
	s := p.snapshot(0)
	if found := s.Forgotten(); found == nil || len(found.Kinds) != 1 || found.Kinds[0].Tenant != "acme" || len(s.Kinds) != 3 {
		t.Errorf("two tenants: %+v", s.Kinds)
	}
	p.Invalidation(Invalidation{Tenant: "acme", Dep: doc[0]})
	if found := p.snapshot(0).Forgotten(); found != nil {
		t.Errorf("after the right token: %+v", found)
	}
}

func TestForgottenKindsAreBounded(t *testing.T) {
	t.Parallel()
	p := newPage()
	for i := range 13 {
		p.Request(Request{Tenant: "t", Status: "MISS", Deps: []wire.Dep{{ID: fmt.Sprintf("kind%d:1", i)}}})
	}
	if html := p.html(t); strings.Count(html, "in 1 request</li>") != maxFindings || !strings.Contains(html, "<li>3 more</li>") {
		t.Errorf("got %s", html)
	}
}

// A node has the number of requests that the table of kinds has, and requests
// are not drawn once, however many kinds they carry.
func TestGraphCountsRequests(t *testing.T) {
	t.Parallel()
	p := newPage()
	ask := func(system string, scoped bool, kinds ...string) {
		var deps []wire.Dep
		for _, kind := range kinds {
			deps = append(deps, wire.Dep{ID: kind + ":1"})
		}
		p.Request(Request{Tenant: "t", Status: "MISS", Deps: deps, Label: &cache.Label{System: system, Scoped: scoped, Model: "m"}})
	}
	for i := range maxSources {
		for range 3 {
			ask(fmt.Sprint("often ", i), i == 0, "doc", "table")
		}
	}
	ask("often 1", true, "doc", "table")
	for i := range 4 {
		ask(fmt.Sprint("rare ", i), false, "doc", "table")
	}
	ask("rare", false)
	g := draw(p.snapshot(0))
	const all = 3*maxSources + 1 + 4
	if len(g.Targets) != 2 || g.Targets[0].Requests != all || g.Targets[1].Requests != all || g.HiddenRequests != 5 {
		t.Errorf("targets %+v, %d requests not drawn", g.Targets, g.HiddenRequests)
	}
	notes := map[string]string{}
	for _, n := range g.Sources {
		notes[n.Text] = n.Note
	}
	if notes["often 0"] != "m, scoped" || notes["often 1"] != "m, 1 of 4 scoped" || notes["often 2"] != "m" {
		t.Errorf("notes %q", notes)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"short": "short",
		strings.Repeat("x", 40) + "01234567890123": "xxxxx…01234567890123",
		strings.Repeat("x", 40) + "…":              strings.Repeat("x", 19) + "…",
	} {
		if got := shorten(text, 20); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestCrossing(t *testing.T) {
	t.Parallel()
	dep := func(ids ...string) (deps []wire.Dep) {
		for _, id := range ids {
			deps = append(deps, wire.Dep{ID: id, Hash: "v1"})
		}
		return deps
	}
	for _, tt := range []struct {
		request, answer []wire.Dep
		want            string
	}{
		{dep("doc:1"), dep("doc:2"), "answer depends on doc:2, not doc:1"},
		{[]wire.Dep{{ID: "doc:1", Hash: "8"}}, []wire.Dep{{ID: "doc:1", Hash: "7"}}, "answer depends on doc:1@7, not doc:1@8"},
		{nil, dep("doc:2"), "answer also depends on doc:2"},
		{dep("doc:1"), nil, "answer does not depend on doc:1"},
		{dep("a"), dep("b", "c", "d", "e", "f"), "answer depends on b, c, d and 2 more, not a"},
	} {
		p := newPage()
		p.Request(Request{Status: "HIT_L2", Code: 200, OnlyRequest: tt.request, OnlyAnswer: tt.answer})
		html := p.html(t)
		for _, want := range []string{"<bdi>" + tt.want + "</bdi>", "1 answer depends on other data", `badge crossing">other data<`} {
			if !strings.Contains(html, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
	}
}

// A fault shows while it is among the last attempts.
func TestFaults(t *testing.T) {
	t.Parallel()
	p := newPage()
	p.Request(Request{Status: "MISS", Compared: true, EmbedderFault: "it is <down>"})
	p.Request(Request{Status: "MISS", Compared: true})
	p.Request(Request{Status: "HIT_L1"})
	p.Refresh("status 503")
	html := p.html(t)
	for _, want := range []string{"not compared:</strong> <bdi>it is &lt;down&gt;</bdi> <span class=\"note\">1 of the last 2,", "not refreshed:</strong> <bdi>status 503</bdi> <span class=\"note\">1 of the last 1,"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for range maxAttempts {
		p.Request(Request{Status: "MISS", Compared: true})
		p.Refresh("")
	}
	if html := p.html(t); strings.Contains(html, "not compared") || strings.Contains(html, "not refreshed") {
		t.Error("old faults are still shown")
	}
}

// A reason that is completed later reaches pages that have the row already.
func TestAmend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPage()
		ctx, leave := context.WithCancel(t.Context())
		var out bytes.Buffer
		ended := make(chan bool, 1)
		go func() { ended <- p.Events(&out, listening(ctx), ok) }()
		number := p.Request(Request{Status: "MISS", Code: 200, Reason: "first"})
		time.Sleep(time.Second)
		synctest.Wait()
		p.Amend(number, "first; not kept: too long")
		time.Sleep(time.Second)
		synctest.Wait()
		leave()
		<-ended
		_, event, found := strings.Cut(out.String(), "event: amended\n")
		if !found || !strings.Contains(event, "not kept: too long") || !strings.Contains(event, `data-number=\"1\"`) || strings.Count(out.String(), "event: amended\n") != 1 {
			t.Errorf("events: %s", out.String())
		}
		for range maxRequests {
			p.Request(Request{Status: "MISS", Code: 200, Reason: "next"})
		}
		p.Amend(number, "too late")
		if strings.Contains(p.html(t), "too late") {
			t.Error("another row was amended")
		}
	})
}
