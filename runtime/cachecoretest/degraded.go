package cachecoretest

import (
	"net/http"
	"sync"

	"github.com/depgen/depgen/runtime/internal/degraded"
)

// degradations records the requests that came to one Recorder or Gateway and
// went uncached although they had deps. A request of a parallel test that comes
// to another Recorder or Gateway counts there.
type degradations struct {
	mu      sync.Mutex
	reasons []error
}

// watch records the requests that clients mark until the test ends. It then
// fails the test for each of them, unless they are allowed.
func (ds *degradations) watch(tb testingT, allowed bool) {
	tb.Helper()
	tb.Cleanup(degraded.Listen())
	if !allowed {
		tb.Cleanup(func() { ds.report(tb) })
	}
}

// take records the request if its client has marked it, and removes the mark.
func (ds *degradations) take(h http.Header) {
	if reason := degraded.Take(h); reason != nil {
		ds.add(reason)
	}
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
