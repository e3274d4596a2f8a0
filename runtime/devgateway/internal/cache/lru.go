package cache

import (
	"fmt"
	"math"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// sizedLRU keeps the most recently used values, up to a total cost of limit. It
// is not safe for concurrent use.
type sizedLRU[K comparable, V any] struct {
	lru         *simplelru.LRU[K, V]
	cost        func(K, V) int64
	used, limit int64
}

// newSizedLRU returns an empty cache. It passes each value that leaves the
// cache, evicted, replaced or removed, to removed, which may be nil.
func newSizedLRU[K comparable, V any](limit int64, cost func(K, V) int64, removed func(K, V)) (*sizedLRU[K, V], error) {
	s := &sizedLRU[K, V]{cost: cost, limit: limit}
	var err error
	s.lru, err = simplelru.NewLRU(math.MaxInt, func(k K, v V) {
		s.used -= cost(k, v)
		if removed != nil {
			removed(k, v)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("make a cache: %w", err)
	}
	return s, nil
}

func (s *sizedLRU[K, V]) get(k K) (V, bool) { return s.lru.Get(k) }

// peek is like get, but does not count as a use.
func (s *sizedLRU[K, V]) peek(k K) (V, bool) { return s.lru.Peek(k) }

func (s *sizedLRU[K, V]) remove(k K) bool { return s.lru.Remove(k) }

// put stores v and evicts values to make room. If v is too large even for an
// empty cache, put changes no value and returns false.
func (s *sizedLRU[K, V]) put(k K, v V) bool {
	cost := s.cost(k, v)
	if cost > s.limit {
		return false
	}
	s.lru.Remove(k) // Add alone would replace the value without calling removed
	for s.used > s.limit-cost {
		s.lru.RemoveOldest()
	}
	s.lru.Add(k, v)
	s.used += cost
	return true
}
