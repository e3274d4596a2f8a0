package cache

import (
	"slices"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Limits of one look at the cache, so that it delays no request.
const (
	maxScanned = 2000 // deps to choose from
	maxDated   = 200  // entries of one dep whose age is looked at
)

// DepEntries describes the entries that carry a dep.
type DepEntries struct {
	Tenant, ID     string
	Count          int
	Oldest, Newest time.Duration // ages
}

// Stored returns the time when the entry was stored.
func (e *Entry) Stored() time.Time { return e.stored }

// Deps returns the deps with the most entries, at most limit of them, and the
// number of deps that have entries. In a large cache, it chooses from some of
// them. It leaves out the implicit dep.
func (c *Cache) Deps(limit int) (top []DepEntries, total int) {
	s := c.store
	s.mu.Lock()
	for d, keys := range s.byDep {
		if d.id == wire.PolicyDep {
			continue
		}
		top = append(top, DepEntries{Tenant: d.tenant, ID: d.id, Count: len(keys)})
		if len(top) == maxScanned {
			break
		}
	}
	total = len(top)
	if total == maxScanned {
		total = len(s.byDep)
	}
	s.mu.Unlock()
	slices.SortFunc(top, func(a, b DepEntries) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Tenant+"\x00"+a.ID, b.Tenant+"\x00"+b.ID)
	})
	top = top[:min(len(top), limit)]
	now := c.now()
	for i := range top {
		s.date(&top[i], now)
	}
	return top, total
}

// date sets the ages. It holds the lock for one dep at a time.
func (s *store) date(d *DepEntries, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for k := range s.byDep[depKey{d.Tenant, d.ID}] {
		e, _ := s.entries.peek(k)
		age := now.Sub(e.stored)
		if n == 0 || age > d.Oldest {
			d.Oldest = age
		}
		if n == 0 || age < d.Newest {
			d.Newest = age
		}
		if n++; n == maxDated {
			return
		}
	}
}
