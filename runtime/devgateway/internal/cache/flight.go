package cache

import (
	"sync"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Flight is a call to the upstream that identical requests wait for.
type Flight struct {
	key    Key
	tenant string
	hashes map[string]string // by dep id
	done   chan struct{}

	// Question is the request's question, or Unembedded the reason why it could
	// not be embedded. The leader sets one of the two for the waiting requests,
	// unless it is a refresh that does not take place.
	Question   *Question
	Unembedded error
}

// Done returns a channel that is closed when the call has ended and its answer
// has been stored or rejected.
func (f *Flight) Done() <-chan struct{} { return f.done }

// flights are the calls that requests may join.
type flights struct {
	mu    sync.Mutex
	byKey map[Key]*Flight
}

func newFlights() *flights { return &flights{byKey: map[Key]*Flight{}} }

// join returns the flight to wait for, or a new one that the caller leads and
// has to end. A flight that lacks one of the deps cannot be joined; the new
// flight replaces it.
func (f *flights) join(k Key, tenant string, deps []wire.Dep) (fl *Flight, leader bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, ok := f.byKey[k]; ok && covers(fl.hashes, deps) {
		return fl, false
	}
	fl = &Flight{key: k, tenant: tenant, hashes: hashesOf(deps), done: make(chan struct{})}
	f.byKey[k] = fl
	return fl, true
}

// end releases the waiting requests.
func (f *flights) end(fl *Flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byKey[fl.key] == fl {
		delete(f.byKey, fl.key)
	}
	close(fl.done)
}

// forget prevents requests from joining flights that have the dep. A request
// that comes after an invalidation must not get an answer that was begun before
// it.
func (f *flights) forget(d depKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, fl := range f.byKey {
		if _, has := fl.hashes[d.id]; fl.tenant == d.tenant && (has || d.id == wire.PolicyDep) {
			delete(f.byKey, k)
		}
	}
}
