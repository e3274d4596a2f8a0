package cache

import (
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Estimated costs in bytes of the data that is kept in addition to contents.
const (
	entryOverhead = 512
	depOverhead   = 256
	numberBytes   = 5 // of an embedding: 4, and room for more
	labelOverhead = 64
)

// maxHashBytes limits the memory for known hashes. Once a hash has been
// evicted, late fills of its dep are no longer refused.
const maxHashBytes = 16 << 20

type depKey struct{ tenant, id string }

// store contains the entries, an index from deps to entries, and the current
// hashes of deps.
type store struct {
	strict bool

	mu      sync.Mutex
	entries *sizedLRU[Key, *Entry]
	byDep   map[depKey]map[Key]struct{}
	current *sizedLRU[depKey, string]
	similar *similar
	history *history
	leaving fate // of the entries that are removed next
}

func newStore(maxBytes int64, strict bool) (*store, error) {
	s := &store{strict: strict, byDep: map[depKey]map[Key]struct{}{}, similar: newSimilar()}
	var err error
	if s.entries, err = newSizedLRU(maxBytes, entryCost, s.unindex); err != nil {
		return nil, err
	}
	if s.current, err = newSizedLRU(maxHashBytes, hashCost, nil); err != nil {
		return nil, err
	}
	s.history, err = newHistory()
	return s, err
}

func entryCost(_ Key, e *Entry) int64 {
	n := entryOverhead + len(e.Body) + len(e.ContentType) + len(e.tenant) + e.question
	if e.Label != nil {
		n += labelOverhead + len(e.Label.Text) + len(e.Label.System) + len(e.Label.Model)
	}
	for id, hash := range e.hashes {
		n += depOverhead + len(id) + len(hash)
	}
	return int64(n)
}

func questionCost(q *Question) int { return numberBytes*len(q.Vector) + len(q.Model) }

func hashCost(k depKey, hash string) int64 {
	return int64(depOverhead + len(k.tenant) + len(k.id) + len(hash))
}

// get returns the entry under k if it carries all the deps. The entry is
// current: invalidations remove outdated entries, and put refuses outdated
// answers that come later. The caller checks the entry's age.
func (s *store) get(k Key, deps []wire.Dep) *Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries.get(k)
	if !ok || !covers(e.hashes, deps) {
		return nil
	}
	return e
}

// put stores e under k, as the answer to r, and replaces an existing entry. If r
// has a question, e also answers similar questions. put returns an error if a
// dep of e is known to have a newer hash, or if e is too large.
func (s *store) put(k Key, e *Entry, r Request) error {
	if r.Question != nil {
		e.question = questionCost(r.Question)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = fate{kind: Evicted, at: e.stored}
	err := s.outdated(e)
	if err != nil && r.Outdated != nil {
		err = r.Outdated
	}
	if err == nil && !s.entries.put(k, e) {
		err = errTooLarge
	}
	if err != nil {
		s.history.fates.put(k, fate{kind: Unkept, at: e.stored, why: err.Error()})
		return err
	}
	s.history.fates.remove(k)
	e.ids(func(d depKey) {
		if s.byDep[d] == nil {
			s.byDep[d] = map[Key]struct{}{}
		}
		s.byDep[d][k] = struct{}{}
	})
	s.similar.add(k, e, r.Question)
	return nil
}

// Removed are the entries that an invalidation has removed.
type Removed struct {
	Count int
	Some  []*Entry // up to maxSome of them
}

const maxSome = 10

// invalidate removes all entries that have the dep, and stores its new hash.
func (s *store) invalidate(d depKey, newHash string, now time.Time) Removed {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = fate{kind: Invalidated, at: now, dep: wire.Dep{ID: d.id, Hash: newHash}}
	s.current.put(d, newHash)
	keys := s.byDep[d]
	removed := Removed{Count: len(keys)}
	for k := range keys {
		if len(removed.Some) < maxSome {
			e, _ := s.entries.peek(k)
			removed.Some = append(removed.Some, e)
		}
		s.entries.remove(k)
	}
	return removed
}

func (s *store) outdated(e *Entry) error {
	for id, hash := range e.hashes {
		if now, known := s.current.get(depKey{e.tenant, id}); known && s.movedOn(hash, now) {
			return movedOnError(id)
		}
	}
	return nil
}

// movedOn reports whether the dep's current hash makes the given hash outdated.
// "v1" means no version, or the version "v1". The dep's last invalidation
// decides between the two: without a version, it has a random hash.
func (s *store) movedOn(hash, now string) bool {
	if hash == wire.DefaultHash && !s.strict && wire.IsRandom(now) {
		return false
	}
	return hash != now
}

// unindex is called for every entry that is removed.
func (s *store) unindex(k Key, e *Entry) {
	s.similar.remove(e)
	s.history.fates.put(k, s.leaving)
	e.ids(func(d depKey) {
		delete(s.byDep[d], k)
		if len(s.byDep[d]) == 0 {
			delete(s.byDep, d)
		}
	})
}
