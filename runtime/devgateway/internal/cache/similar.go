package cache

import (
	"slices"
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/internal/vector"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// Question is the part of a request that identifies similar requests. It must
// not be changed.
type Question struct {
	Shape
	Vector []float32 // the embedding, of length 1; all have the same size
}

// Shape contains the facts that are equal in requests with a common answer.
type Shape struct {
	Namespace Digest
	Model     string
	Stream    bool
}

// LookupSimilar returns the answer to the most similar question of the same
// shape. Its similarity has to reach the threshold and its age has to be within
// the windows. Its deps are current, but they need not be those of the request.
func (c *Cache) LookupSimilar(r Request, threshold float64) (Hit, bool) {
	if r.Question == nil {
		return Hit{}, false
	}
	now := c.now()
	age := func(e *Entry) time.Duration { return max(now.Sub(e.stored), 0) }
	alive := func(e *Entry) bool { return age(e) < r.Fresh+r.Stale }
	found, similarity := c.store.similar.nearest(r.Question, threshold, alive)
	// get marks the entry as used. If it is gone, an invalidation has removed it
	// since the search.
	if found.entry == nil || c.store.get(found.key, nil) != found.entry {
		return Hit{}, false
	}
	return Hit{Status: wire.HitL2, Similarity: similarity, Age: age(found.entry), Entry: found.entry, key: found.key}, true
}

// Question returns the question of an entry that is in the cache, or nil if the
// entry has no question.
func (c *Cache) Question(e *Entry) *Question { return c.store.similar.question(e) }

// similar finds the entries whose questions are similar. It compares with every
// entry of the same shape: at the size of this cache that is faster than an
// index that would find them all.
type similar struct {
	mu     sync.RWMutex
	groups map[Shape]*group
	added  uint64
}

// group contains the entries of one shape. The vectors lie one after another,
// in the order of the members.
type group struct {
	Shape
	size    int // of a vector
	members []member
	vectors []float32
}

type member struct {
	key   Key
	entry *Entry
}

// place is where the index has an entry. The index's lock guards it.
type place struct {
	group *group // nil if the entry has no question
	at    int
	added uint64 // the number of the addition; a later one wins a draw
}

func newSimilar() *similar { return &similar{groups: map[Shape]*group{}} }

// add makes e an answer to questions that are similar to q.
func (s *similar) add(k Key, e *Entry, q *Question) {
	if q == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[q.Shape]
	if g == nil {
		g = &group{Shape: q.Shape, size: len(q.Vector)}
		s.groups[q.Shape] = g
	}
	s.added++
	e.place = place{g, len(g.members), s.added}
	g.members = append(fit(g.members, len(g.members)+1), member{k, e})
	g.vectors = append(fit(g.vectors, len(g.vectors)+g.size), q.Vector...)
}

// remove moves the last entry of the group to the place of e.
func (s *similar) remove(e *Entry) {
	if e.question == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, at := e.place.group, e.place.at
	e.place = place{}
	last := len(g.members) - 1
	if last == 0 {
		delete(s.groups, g.Shape)
		return
	}
	copy(g.vector(at), g.vector(last))
	g.members[at] = g.members[last]
	g.members[at].entry.place.at = at
	g.members[last] = member{}
	g.members, g.vectors = fit(g.members, last), fit(g.vectors, last*g.size)
}

// fit cuts s to n elements, or gives it room for n. It leaves no room for more
// than n/4 others, which entryCost counts, and copies after n/16 changes or
// more.
func fit[T any](s []T, n int) []T {
	kept := s[:min(len(s), n)]
	if n <= cap(s) && cap(s) <= n+n/4 {
		return kept
	}
	return append(make([]T, 0, n+n/8), kept...)
}

func (g *group) vector(i int) []float32 { return g.vectors[i*g.size : (i+1)*g.size] }

// nearest returns the entry whose question is the most similar to q, among
// those that reach the threshold and are alive.
func (s *similar) nearest(q *Question, threshold float64, alive func(*Entry) bool) (member, float64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.groups[q.Shape]
	if g == nil {
		return member{}, 0
	}
	var found member
	best := float32(threshold - vector.Epsilon)
	rest := g.vectors
	for i := range g.members {
		got := vector.Dot(q.Vector, rest[:g.size])
		rest = rest[g.size:]
		if got < best {
			continue
		}
		m := g.members[i]
		drawn := found.entry != nil && got == best
		if drawn && m.entry.place.added < found.entry.place.added || !alive(m.entry) {
			continue
		}
		found, best = m, got
	}
	return found, min(float64(best), 1)
}

// question returns a copy of the question of e.
func (s *similar) question(e *Entry) *Question {
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := e.place.group
	if g == nil {
		return nil
	}
	return &Question{g.Shape, slices.Clone(g.vector(e.place.at))}
}
