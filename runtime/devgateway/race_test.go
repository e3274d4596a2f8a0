package devgateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

type noUpstream struct{ t *testing.T }

func (u noUpstream) RoundTrip(*http.Request) (*http.Response, error) {
	u.t.Error("the upstream was called")
	return nil, errors.New("no upstream")
}

func newIdleGateway(t *testing.T) *Gateway {
	t.Helper()
	g, err := New(WithSecret([]byte("dev-secret-change-me-32bytes-ok!")), WithUpstream(noUpstream{t}))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// A request that found no entry, and then lost the race against another that
// stored one, must not store it again.
func TestMissThatIsNoneAnyMore(t *testing.T) {
	t.Parallel()
	g := newIdleGateway(t)
	q := &question{id: &identity{tenant: "acme", fresh: time.Hour}}
	if !g.keep(q, "application/json", []byte("{}")) {
		t.Fatal("the entry was not kept")
	}
	w := httptest.NewRecorder()
	x := &exchange{ResponseWriter: w, request: (&http.Request{}).WithContext(t.Context())}
	if err := g.answerMiss(x, q); err != nil || w.Header().Get(headerCache) != string(HitL1) || w.Body.String() != "{}" {
		t.Errorf("got %v %s, %v", w.Header(), w.Body, err)
	}
	if len(g.flights.byKey) != 0 {
		t.Error("a flight is left that nobody will end")
	}
}

// A request that found a stale entry, and then lost the race against another
// that refreshed it, must not refresh it again.
func TestRefreshOfAnEntryThatHasBeenReplaced(t *testing.T) {
	t.Parallel()
	g := newIdleGateway(t)
	q := &question{id: &identity{tenant: "acme"}, deps: []Dep{{"doc:1", "v1"}}}
	stale := &entry{tenant: "acme", hashes: hashesOf(q.deps), stored: time.Unix(0, 0)}
	if !g.keep(q, "application/json", []byte("{}")) {
		t.Fatal("the new entry was not kept")
	}
	g.refresh(&exchange{request: (&http.Request{}).WithContext(t.Context())}, q, stale)
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(g.flights.byKey) != 0 {
		t.Error("a flight is left that nobody will end")
	}
}
