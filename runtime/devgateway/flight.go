package devgateway

import "sync"

// flight is a call to the upstream that identical requests wait for.
type flight struct {
	key    entryKey
	tenant string
	hashes map[string]string // by dep id
	done   chan struct{}     // closed when the call has ended and its answer has been stored or rejected
}

// flights are the calls that requests may join.
type flights struct {
	mu    sync.Mutex
	byKey map[entryKey]*flight
}

func newFlights() *flights { return &flights{byKey: map[entryKey]*flight{}} }

// join returns the flight to wait for, or a new one that the caller leads and
// has to end. A flight that lacks one of the deps cannot be joined; the new
// flight replaces it.
func (f *flights) join(k entryKey, tenant string, deps []Dep) (fl *flight, leader bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, ok := f.byKey[k]; ok && covers(fl.hashes, deps) {
		return fl, false
	}
	fl = &flight{key: k, tenant: tenant, hashes: hashesOf(deps), done: make(chan struct{})}
	f.byKey[k] = fl
	return fl, true
}

// end releases the waiting requests.
func (f *flights) end(fl *flight) {
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
		if _, has := fl.hashes[d.id]; fl.tenant == d.tenant && (has || d.id == policyDep) {
			delete(f.byKey, k)
		}
	}
}
