package cachecore

import (
	"crypto/sha256"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// flights tracks the requests that may be filling one tenant's cache. All
// clients of the process with the same gateway and token share one flights.
type flights struct {
	mu   sync.Mutex
	seq  uint64 // of the latest flight
	open int

	// Flights are counted by dep when the first invalidation looks, so that a
	// request costs the same with one dep or fifty.
	fresh map[*flight]struct{} // not counted yet
	byDep map[string]int

	repeats map[string][]*repeat // by dep

	afterUnlock []func() // run by unlock
}

// later runs f when fs is unlocked: an observer may call the client.
func (fs *flights) later(f func()) { fs.afterUnlock = append(fs.afterUnlock, f) }

func (fs *flights) unlock() {
	later := fs.afterUnlock
	fs.afterUnlock = nil
	fs.mu.Unlock()
	for _, f := range later {
		f()
	}
}

func newFlights() *flights {
	return &flights{fresh: map[*flight]struct{}{}, byDep: map[string]int{}, repeats: map[string][]*repeat{}}
}

// tenants contains the tenants that have clients in this process.
var tenants struct {
	mu  sync.Mutex
	all map[tenant]weak.Pointer[flights]
}

// tenant identifies a gateway and a token. It does not keep the token.
type tenant struct {
	origin origin
	token  [sha256.Size]byte
}

// flightsOf returns the flights shared by all clients of a tenant. It lives
// as long as one of these clients.
func flightsOf(o origin, token string) *flights {
	key := tenant{o, sha256.Sum256([]byte(token))}
	tenants.mu.Lock()
	defer tenants.mu.Unlock()
	if shared := tenants.all[key].Value(); shared != nil {
		return shared
	}
	shared := newFlights()
	if tenants.all == nil {
		tenants.all = map[tenant]weak.Pointer[flights]{}
	}
	tenants.all[key] = weak.Make(shared)
	runtime.AddCleanup(shared, forget, key)
	return shared
}

// forget removes a tenant whose last client is gone, unless it has a new one.
func forget(key tenant) {
	tenants.mu.Lock()
	defer tenants.mu.Unlock()
	if tenants.all[key].Value() == nil {
		delete(tenants.all, key)
	}
}

func (fs *flights) begin(f *flight) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.seq++
	f.of, f.seq = fs, fs.seq
	fs.open++
	fs.fresh[f] = struct{}{}
}

// carrying returns how many open flights carry the dep. fs is locked.
func (fs *flights) carrying(id string) int {
	if id == wire.PolicyDep {
		return fs.open
	}
	for f := range fs.fresh {
		f.counted = true
		for _, d := range f.deps() {
			fs.byDep[d.id]++
		}
	}
	clear(fs.fresh)
	return fs.byDep[id]
}

// settle removes a flight that can no longer fill the cache. If it may have
// filled the cache, settle makes the repeats due that wait for it.
func (fs *flights) settle(f *flight, filled bool) {
	fs.mu.Lock()
	defer fs.unlock()
	fs.open--
	delete(fs.fresh, f)
	if f.counted {
		for _, d := range f.deps() {
			if fs.byDep[d.id]--; fs.byDep[d.id] == 0 {
				delete(fs.byDep, d.id)
			}
		}
	}
	if len(fs.repeats) == 0 {
		return
	}
	for _, d := range f.deps() {
		if d.id != wire.PolicyDep {
			fs.ended(d.id, f.seq, filled)
		}
	}
	fs.ended(wire.PolicyDep, f.seq, filled)
}

func (fs *flights) ended(id string, seq uint64, filled bool) {
	for _, r := range slices.Clone(fs.repeats[id]) { // it may be removed
		r.flightEnded(seq, filled)
	}
}
