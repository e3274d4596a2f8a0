package devgateway

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// policyDep is a dep that every entry has implicitly.
const policyDep = "cc:policy-version"

// Estimated costs in bytes of the data that is kept in addition to contents.
const (
	entryOverhead = 512
	depOverhead   = 256
)

// maxHashBytes limits the memory for known hashes. Once a hash has been
// evicted, late fills of its dep are no longer refused.
const maxHashBytes = 16 << 20

type entryKey struct{ namespace, body digest }

type depKey struct{ tenant, id string }

// entry is a cached answer. It does not change once it is stored.
type entry struct {
	tenant      string
	hashes      map[string]string // by dep id
	contentType string
	body        []byte
	stored      time.Time
}

// ids calls f with each of the entry's deps, including the implicit one.
func (e *entry) ids(f func(depKey)) {
	for id := range e.hashes {
		f(depKey{e.tenant, id})
	}
	f(depKey{e.tenant, policyDep})
}

// store contains the entries, an index from deps to entries, and the current
// hashes of deps.
type store struct {
	strict bool

	mu      sync.Mutex
	entries *sizedLRU[entryKey, *entry]
	byDep   map[depKey]map[entryKey]struct{}
	current *sizedLRU[depKey, string]
}

func newStore(maxBytes int64, strict bool) (*store, error) {
	s := &store{strict: strict, byDep: map[depKey]map[entryKey]struct{}{}}
	var err error
	if s.entries, err = newSizedLRU(maxBytes, entryCost, s.unindex); err != nil {
		return nil, err
	}
	s.current, err = newSizedLRU(maxHashBytes, hashCost, nil)
	return s, err
}

func entryCost(_ entryKey, e *entry) int64 {
	n := entryOverhead + len(e.body) + len(e.contentType) + len(e.tenant)
	for id, hash := range e.hashes {
		n += depOverhead + len(id) + len(hash)
	}
	return int64(n)
}

func hashCost(k depKey, hash string) int64 {
	return int64(depOverhead + len(k.tenant) + len(k.id) + len(hash))
}

// get returns the entry under k if it carries all the deps. The entry is
// current: invalidations remove outdated entries, and put refuses outdated
// answers that come later. The caller checks the entry's age.
func (s *store) get(k entryKey, deps []Dep) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries.get(k)
	if !ok || !covers(e.hashes, deps) {
		return nil
	}
	return e
}

// put stores e under k and replaces an existing entry. It returns false if a
// dep of e is known to have a newer hash, or if e is too large.
func (s *store) put(k entryKey, e *entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outdated(e) || !s.entries.put(k, e) {
		return false
	}
	e.ids(func(d depKey) {
		if s.byDep[d] == nil {
			s.byDep[d] = map[entryKey]struct{}{}
		}
		s.byDep[d][k] = struct{}{}
	})
	return true
}

// invalidate removes all entries that have the dep, stores its new hash, and
// returns the number of removed entries.
func (s *store) invalidate(d depKey, newHash string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.put(d, newHash)
	keys := s.byDep[d]
	n := len(keys)
	for k := range keys {
		s.entries.remove(k)
	}
	return n
}

func (s *store) outdated(e *entry) bool {
	for id, hash := range e.hashes {
		if now, known := s.current.get(depKey{e.tenant, id}); known && s.movedOn(hash, now) {
			return true
		}
	}
	return false
}

// movedOn reports whether the dep's current hash makes the given hash outdated.
// "v1" means no version, or the version "v1". The dep's last invalidation
// decides between the two: without a version, it has a random hash.
func (s *store) movedOn(hash, now string) bool {
	if hash == defaultHash && !s.strict && isRandom(now) {
		return false
	}
	return hash != now
}

// isRandom reports whether a new hash is a random UUID, which clients send for
// data without a version.
func isRandom(hash string) bool {
	id, err := uuid.Parse(hash)
	return err == nil && len(hash) == len(uuid.Nil.String()) && id.Version() == 4 && id.Variant() == uuid.RFC4122
}

// unindex is called for every entry that is removed.
func (s *store) unindex(k entryKey, e *entry) {
	e.ids(func(d depKey) {
		delete(s.byDep[d], k)
		if len(s.byDep[d]) == 0 {
			delete(s.byDep, d)
		}
	})
}
