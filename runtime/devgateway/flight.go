package devgateway

import "sync"

// flight is a call of the upstream that others with the same request wait for.
type flight struct {
	key    entryKey
	tenant string
	hashes map[string]string // by dep id
	done   chan struct{}     // closed when the call has ended and its answer is in the store, or never will be
}

// flights are the calls that may be joined.
type flights struct {
	mu    sync.Mutex
	byKey map[entryKey]*flight
}

func newFlights() *flights { return &flights{byKey: map[entryKey]*flight{}} }

// join returns the flight to wait for, or a new one that the caller leads and
// has to end. A flight without one of the deps is no help, and makes way.
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

// end releases those who wait.
func (f *flights) end(fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byKey[fl.key] == fl {
		delete(f.byKey, fl.key)
	}
	close(fl.done)
}

// forget lets nobody else join the flights that have the dep. A request that
// comes after an invalidation must not get an answer that was begun before it.
func (f *flights) forget(d depKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, fl := range f.byKey {
		if _, has := fl.hashes[d.id]; fl.tenant == d.tenant && (has || d.id == policyDep) {
			delete(f.byKey, k)
		}
	}
}
