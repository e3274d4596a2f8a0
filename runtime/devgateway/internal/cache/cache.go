// Package cache stores the local gateway's answers, finds them again, and drops
// them when one of their deps is invalidated.
package cache

import (
	"crypto/sha256"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Digest is a SHA-256 sum.
type Digest = [sha256.Size]byte

// Key identifies the exact bytes of a request. Callers with equal permissions
// share a key.
type Key struct{ Caller, Body Digest }

// Request is a request that the cache may answer.
type Request struct {
	Key    Key
	Tenant string
	Deps   []wire.Dep // each id once

	Question *Question // nil if it neither finds nor answers similar questions
	Outdated error     // as [Cache.Ask] returned it, when the call began

	Fresh, Stale time.Duration // the windows that the caller's token sets
}

// Answer is an answer to keep.
type Answer struct {
	Namespace   Digest
	Stream      bool
	ContentType string
	Body        []byte
	Label       *Label // nil if there is no debug page
}

// Label describes a request to people. It must not be changed.
type Label struct {
	Text   string // the start of the user's last message
	System string // the start of the system message, without a scope at its end
	Scoped bool   // whether it ends with a scope
	Model  string
}

// Hit is a cached answer. The entry that it shares with the cache must not be
// changed.
type Hit struct {
	Status     string // one of the statuses in package wire
	Similarity float64
	Age        time.Duration
	Entry      *Entry

	key Key // of the entry
}

// Cache contains answers, and the calls that will bring further answers. It is
// safe for concurrent use.
type Cache struct {
	now     func() time.Time
	store   *store
	flights *flights
}

// New returns an empty cache with room for maxBytes. If strict is set,
// [wire.DefaultHash] is a version like any other hash.
func New(maxBytes int64, strict bool, now func() time.Time) (*Cache, error) {
	s, err := newStore(maxBytes, strict)
	return &Cache{now: now, store: s, flights: newFlights()}, err
}

// Lookup returns the answer to the request, if it is within the windows and
// carries all the deps.
func (c *Cache) Lookup(r Request) (Hit, bool) {
	e := c.store.get(r.Key, r.Deps)
	if e == nil {
		return Hit{}, false
	}
	hit := Hit{Status: wire.HitL1, Similarity: 1, Age: max(c.now().Sub(e.stored), 0), Entry: e, key: r.Key}
	if hit.Age >= r.Fresh {
		hit.Status = wire.HitL1Stale
	}
	return hit, hit.Age < r.Fresh+r.Stale
}

// Contains reports whether e is still the answer to the request.
func (c *Cache) Contains(r Request, e *Entry) bool { return c.store.get(r.Key, r.Deps) == e }

// Keep stores the answer to the request. The error is the reason why it was not
// stored: it is too large, or a dep has moved on. Later requests learn of it.
func (c *Cache) Keep(r Request, a Answer) error {
	return c.store.put(r.Key, &Entry{Answer: a, tenant: r.Tenant, hashes: hashesOf(r.Deps), stored: c.now()}, r)
}

// Invalidate removes the tenant's answers that carry the dep. A later request
// does not join a call that was begun before.
func (c *Cache) Invalidate(tenant string, dep wire.Dep) Removed {
	k := depKey{tenant, dep.ID}
	removed := c.store.invalidate(k, dep.Hash, c.now())
	c.flights.forget(k)
	return removed
}

// Join returns the call that will answer the request, or a new one that the
// caller leads and has to end.
func (c *Cache) Join(r Request) (f *Flight, leader bool) {
	return c.flights.join(r.Key, r.Tenant, r.Deps)
}

// End releases the requests that wait for the call.
func (c *Cache) End(f *Flight) { c.flights.end(f) }
