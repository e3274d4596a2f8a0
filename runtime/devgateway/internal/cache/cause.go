package cache

import (
	"errors"
	"fmt"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// CauseKind is a kind of [Cause].
type CauseKind int

// The kinds of causes.
const (
	First          CauseKind = iota // the tenant has not asked this question before
	OtherBytes                      // it was asked with other bytes
	OtherNamespace                  // it was asked in another namespace
	SameBytes                       // it was asked with the same bytes, and no answer is kept
	LacksDep                        // the entry lacks a dep of the request
	OtherHash                       // the entry has a dep of the request with another hash
	Expired                         // the entry is too old
	Invalidated                     // the entry was removed by an invalidation
	Evicted                         // the entry was removed to make room
	Unkept                          // the answer was not kept
)

// Cause tells why the cache has no answer to a request. It is based on requests
// of the same tenant only.
type Cause struct {
	Kind   CauseKind
	Ago    time.Duration // since the earlier request or the event
	Dep    wire.Dep      // the dep of LacksDep, OtherHash and Invalidated
	Hash   string        // the entry's hash of the dep, for OtherHash
	Why    string        // the reason of Unkept
	Parts  []Part        // the parts that differ, for OtherNamespace
	Before []byte        // the earlier body, for OtherBytes and OtherNamespace; nil if unknown

	// Outdated is the reason why an answer to the request cannot be kept unless
	// the current versions change again. It is nil if all deps are current.
	Outdated error
}

// Ask returns why the cache has no answer to the request, and remembers the
// request for later ones.
func (c *Cache) Ask(r Request, a Asked) Cause {
	s, now := c.store, c.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	cause, found := s.unfit(r, now)
	if !found {
		var source *Key
		cause, source = s.history.cause(r, a, now)
		if end, ended := s.endOf(source, r, now); ended {
			cause = end
		}
	}
	s.history.remember(r, a, now, nil)
	cause.Outdated = s.outdatedBefore(r)
	return cause
}

// Answered remembers a request that the hit, a similar question's, answered.
// Later requests learn of the end of its entry.
func (c *Cache) Answered(r Request, a Asked, hit Hit) {
	s, now := c.store, c.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.fates.remove(r.Key) // an earlier fate no longer counts
	s.history.remember(r, a, now, &hit.key)
}

// endOf returns why the entry under source no longer answers the request. It
// returns false if the entry still could, or its end is unknown.
func (s *store) endOf(source *Key, r Request, now time.Time) (Cause, bool) {
	if source == nil {
		return Cause{}, false
	}
	if e, ok := s.entries.peek(*source); ok {
		return e.expired(r, now)
	}
	f, ok := s.history.fates.get(*source)
	return f.cause(now), ok && f.kind != Unkept
}

// unfit returns why the entry for the request, if there is one, is no answer.
func (s *store) unfit(r Request, now time.Time) (Cause, bool) {
	e, ok := s.entries.peek(r.Key)
	if !ok {
		return Cause{}, false
	}
	for _, d := range r.Deps {
		hash, has := e.hashes[d.ID]
		switch {
		case !has:
			return Cause{Kind: LacksDep, Dep: d}, true
		case hash != d.Hash:
			return Cause{Kind: OtherHash, Dep: d, Hash: hash}, true
		}
	}
	return e.expired(r, now)
}

func (e *Entry) expired(r Request, now time.Time) (Cause, bool) {
	past := now.Sub(e.stored) - r.Fresh - r.Stale
	return Cause{Kind: Expired, Ago: past}, past >= 0
}

// Unkept remembers why the answer to the request was not kept.
func (c *Cache) Unkept(r Request, why string) {
	s, now := c.store, c.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.fates.put(r.Key, fate{kind: Unkept, at: now, why: why})
}

var errTooLarge = errors.New("the answer is too large for the cache")

// movedOnError names the dep whose data has changed since the request.
type movedOnError string

func (e movedOnError) Error() string {
	return fmt.Sprintf("dep %s moved on during the call", wire.Show(string(e)))
}

// outdatedError names a dep that the request declares in an old version.
type outdatedError struct {
	dep     wire.Dep
	current string
}

func (e *outdatedError) Error() string {
	return fmt.Sprintf("dep %s has hash %s in the request, %s is current",
		wire.Show(e.dep.ID), wire.Show(e.dep.Hash), wire.Show(e.current))
}

// outdatedBefore returns an error if the request declares a dep in an old
// version.
func (s *store) outdatedBefore(r Request) error {
	for _, d := range r.Deps {
		if now, known := s.current.get(depKey{r.Tenant, d.ID}); known && s.movedOn(d.Hash, now) {
			return &outdatedError{d, now}
		}
	}
	return nil
}
