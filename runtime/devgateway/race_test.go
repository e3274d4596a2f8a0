package devgateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/wire"
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

// wantNoFlight fails the test if a request would wait for a flight.
func wantNoFlight(t *testing.T, g *Gateway, r cache.Request) {
	t.Helper()
	if _, leader := g.cache.Join(r); !leader {
		t.Error("a flight is left that nobody will end")
	}
}

// A request that found no entry, and then lost the race against another that
// stored one, must not store it again.
func TestMissThatIsNoneAnyMore(t *testing.T) {
	t.Parallel()
	g := newIdleGateway(t)
	q := &cacheable{Request: cache.Request{Tenant: "acme", Fresh: time.Hour}}
	if err := g.keep(q, "application/json", []byte("{}")); err != nil {
		t.Fatal("the entry was not kept")
	}
	w := httptest.NewRecorder()
	x := g.newExchange(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, wire.PathCompletions, nil))
	if err := g.answerMiss(x, q); err != nil || w.Header().Get(wire.HeaderStatus) != wire.HitL1 || w.Body.String() != "{}" {
		t.Errorf("got %v %s, %v", w.Header(), w.Body, err)
	}
	wantNoFlight(t, g, q.Request)
}

// A request that found a stale entry, and then lost the race against another
// that refreshed it, must not refresh it again.
func TestRefreshOfAnEntryThatHasBeenReplaced(t *testing.T) {
	t.Parallel()
	g := newIdleGateway(t)
	q := &cacheable{Request: cache.Request{Tenant: "acme", Deps: []wire.Dep{{ID: "doc:1", Hash: "v1"}}}}
	if err := g.keep(q, "application/json", []byte("{}")); err != nil {
		t.Fatal("the old entry was not kept")
	}
	stale, _ := g.cache.Lookup(q.Request)
	if err := g.keep(q, "application/json", []byte("{}")); err != nil {
		t.Fatal("the new entry was not kept")
	}
	x := g.newExchange(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, wire.PathCompletions, nil))
	g.refresh(x, q.Request, stale.Entry)
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNoFlight(t, g, q.Request)
}
