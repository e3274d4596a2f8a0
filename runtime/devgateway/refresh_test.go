package devgateway

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

type noUpstream struct{ t *testing.T }

func (u noUpstream) RoundTrip(*http.Request) (*http.Response, error) {
	u.t.Error("the upstream was called")
	return nil, errors.New("no upstream")
}

// A request that found an entry stale, and then lost the race against another
// that has refreshed it, must not refresh it again.
func TestRefreshOfAnEntryThatHasBeenReplaced(t *testing.T) {
	t.Parallel()
	g, err := New(WithSecret([]byte("dev-secret-change-me-32bytes-ok!")), WithUpstream(noUpstream{t}))
	if err != nil {
		t.Fatal(err)
	}
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
