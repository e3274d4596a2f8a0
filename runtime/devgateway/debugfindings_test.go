package devgateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// wantOnPage fails the test if the page, or its JSON, lacks a text.
func (f *fixture) wantOnPage(texts ...string) {
	f.Helper()
	content := f.open(debug).body + f.open(debug, set("Accept", "application/json")).body
	for _, want := range texts {
		if !strings.Contains(content, want) {
			f.Errorf("the page lacks %q: %s", want, content)
		}
	}
}

func TestDebugPageShowsCrossedData(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage(), devgateway.WithSimilar(degrees(), 0.9))
	acme := tenant(t, "acme")
	f.ask("0", acme, deps("doc:2"))
	f.ask("8", acme, deps("doc:2"))
	got := f.ask("9", acme, deps("doc:1@8"))
	if want := `detail="similar question, 0.99, of other data"`; !strings.HasSuffix(got.why(), want) {
		t.Errorf("got %s, want %s", got.why(), want)
	}
	f.wantOnPage("answer depends on doc:2, not doc:1@8", "1 answer depends on other data", "<code>doc:1@8</code>",
		`"crossed":1`, `"similarity":0.9877`, `"entry_deps":["doc:2"]`, `"other_data":{"only_request":["doc:1@8"],"only_answer":["doc:2"]}`)
}

func TestDebugPageShowsRefusedInvalidations(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	f.post(invalidate, `{"dep_id":"doc:1"}`, bearer("cc_live_SECRET.x"))
	f.post(invalidate, `{"dep":"doc:1"}`, tenant(t, "acme"))
	f.wantOnPage(`<span class="code">401</span>`, `<span class="code">400</span>`, "dep_id is empty", `"refused":2`, `"code":401`)
	if strings.Contains(f.open(debug).body, "SECRET") {
		t.Error("the page shows a token")
	}
}

func TestDebugPageShowsLongQuestions(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	f.ask(strings.Repeat("é", 70_000), tenant(t, "acme"))
	f.wantOnPage("<bdi>" + strings.Repeat("é", 80) + "…</bdi>")
}

func TestDebugPageShowsScopes(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	for _, id := range []string{"ayrgpqwqehj8jrq1", "zgchcemtq2jh183b"} {
		f.post(completions, bodyOf("Be brief.\\n[cache scope "+id+"]", ""), tenant(t, "acme"))
	}
	f.wantOnPage(`{"system":"Be brief.","model":"","kind":"","requests":2,"scoped":2}`, ">scoped</text>")
}

// A stream that is not kept has the reason in its row, although its header was
// sent before.
func TestDebugPageShowsUnkeptStreams(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage(), devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
		return answer(200, sse, strings.NewReader("data: {\"choices\":[1]}\n\n")), nil
	})))
	f.post(completions, streamBody, tenant(t, "acme"))
	f.server.Close() // waits for the end of the request
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+debug, nil)
	r.RemoteAddr = "127.0.0.1:1"
	f.gateway.ServeHTTP(w, r)
	if want := "; not kept: the stream ended without [DONE]"; !strings.Contains(w.Body.String(), want) {
		t.Errorf("no %q on the page: %s", want, w.Body)
	}
}

func TestDebugPageShowsFaults(t *testing.T) {
	t.Parallel()
	refreshed := make(chan devgateway.Refresh, 1)
	calls := 0
	f := start(t, devgateway.WithDebugPage(),
		devgateway.WithSimilar(embedder(func(context.Context, string) ([]float32, error) { return nil, errors.New("it is down") }), 0.9),
		devgateway.WithObserver(devgateway.Observer{Refresh: func(r devgateway.Refresh) { refreshed <- r }}),
		devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
			if calls++; calls > 1 {
				return answer(503, "application/json", strings.NewReader("{}")), nil
			}
			return answer(200, "application/json", strings.NewReader(`{"choices":[1]}`)), nil
		})))
	acme := tenant(t, "acme")
	if got, want := f.ask("hello", acme).why(), "; not compared: embedder failed\""; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	f.clock.advance(devgateway.DefaultFreshTTL)
	f.wantCache("HIT_L1_STALE", "", "hello", acme)
	<-refreshed
	f.wantOnPage("Similar questions are not compared:", "embed the question: it is down", "Stale answers are not refreshed:", "upstream status 503", `"refreshes":{"failed":1,"of":1,`)
}

func TestDebugPageIsFound(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	if got := f.open("/debug"); got.code != 301 || got.header.Get("Location") != debug {
		t.Errorf("/debug: %+v", got)
	}
	if got := f.open("/other").message(t); !strings.Contains(got, "/healthz and /debug/") {
		t.Errorf("404: %s", got)
	}
}

// A page that has stopped reading gives its place to another.
func TestStalledDebugPageLosesItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, newClock(), devgateway.WithDebugPage())
		status := func(method string) int {
			r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+debug+"events", nil)
			r.RemoteAddr = "127.0.0.1:1"
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			return w.Code
		}
		var pages sync.WaitGroup
		for range 16 {
			stalled := withDeadline{&stalledClient{ResponseRecorder: httptest.NewRecorder(), left: t.Context().Done()}}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+debug+"events", nil)
			r.RemoteAddr = "127.0.0.1:1"
			pages.Go(func() { g.ServeHTTP(stalled, r) })
		}
		synctest.Wait()
		if got := status(http.MethodHead); got != 503 {
			t.Errorf("with 16 pages: %d, want 503", got)
		}
		time.Sleep(16 * time.Second) // the first event passes, and the next comes after 5 seconds
		pages.Wait()
		if got := status(http.MethodHead); got != 200 {
			t.Errorf("later: %d, want 200", got)
		}
	})
}
