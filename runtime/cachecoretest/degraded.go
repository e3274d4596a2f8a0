package cachecoretest

import (
	"context"
	"errors"
	"sync"

	"github.com/depgen/depgen/runtime/cachecore"
)

// degradations records the requests that clients sent uncached although they
// have deps.
type degradations struct {
	mu      sync.Mutex
	reasons []error
}

// watch fails the test at its end for each degraded request, unless they are
// allowed.
func (ds *degradations) watch(tb testingT, allowed bool) {
	tb.Helper()
	if !allowed {
		tb.Cleanup(func() { ds.report(tb) })
	}
}

// observer returns the observer of a client.
func (ds *degradations) observer() cachecore.Observer {
	return cachecore.Observer{Request: func(_ context.Context, e cachecore.RequestEvent) {
		// A transaction's own requests go uncached by design, and so do those of
		// ExactOnly.
		if err := e.Status.Err; err != nil && !errors.Is(err, cachecore.ErrUncommitted) && !errors.Is(err, cachecore.ErrNoGetBody) {
			ds.add(err)
		}
	}}
}

func (ds *degradations) add(reason error) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.reasons = append(ds.reasons, reason)
}

// report runs when the test ends, not when the requests are sent: a request may
// be sent by a goroutine that outlives the test.
func (ds *degradations) report(tb testingT) {
	tb.Helper()
	ds.mu.Lock()
	defer ds.mu.Unlock()
	for _, reason := range ds.reasons {
		tb.Errorf("cachecoretest: a request was sent uncached although it declares deps: %v; give AllowDegraded if the test means it", reason)
	}
}
