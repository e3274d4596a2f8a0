package cachecore

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// depSet is the set of deps that a context declares, in the form that is sent.
// It is made once, where deps are declared, and never changes, so that a
// request costs the same with one dep or fifty.
type depSet struct {
	deps   []Dep // each id once, with their groups as elements of the set
	header string
	err    error // why the set cannot be sent

	fitted atomic.Pointer[fitted]
	joined joins

	keyOnce sync.Once
	keySum  setKey

	scope setScope
}

// fitted is a set in the form that is sent within a header budget.
type fitted struct {
	budget int
	set    *depSet
}

// newDepSet returns the set of deps and their groups.
func newDepSet(deps []Dep) *depSet {
	s := &depSet{}
	s.deps = walk(deps, func(r *relations) []Dep { return r.groups }, func(have *Dep, d Dep) {
		if s.err == nil {
			s.err = d.Err()
		}
		if have.hash != d.hash && s.err == nil {
			s.err = fmt.Errorf("dep %q is declared with the hashes %q and %q; declare the one that the answer is made from", d.id, have.hash, d.hash)
		}
	})
	for i := range s.deps {
		d := &s.deps[i]
		if d.relations != nil {
			*d = d.ungrouped()
		}
		if err := d.Err(); err != nil && s.err == nil {
			s.err = err
		}
	}
	if s.err == nil && len(s.deps) > 0 {
		s.header = encodeHeader(s.deps)
	}
	return s
}

// union returns the set of the deps of both. Either may be nil.
func union(a, b *depSet) *depSet {
	switch {
	case a.empty():
		return b
	case b.empty():
		return a
	}
	sum := newDepSet(slices.Concat(a.deps, b.deps))
	// An error such as a second hash no longer shows in the deps.
	if err := cmp.Or(a.err, b.err); err != nil {
		sum.header, sum.err = "", err
	}
	return sum
}

// join returns the [union] and keeps it for equal sets. A context that records
// deps and declares others has the same two sets for each of its requests, and
// so do contexts that are made for each request.
func join(a, b *depSet) *depSet {
	if a.empty() || b.empty() || a.err != nil || b.err != nil {
		return union(a, b)
	}
	ka, kb := a.key(), b.key()
	if sum := cmp.Or(a.joined.find(ka, kb), b.joined.find(ka, kb)); sum != nil {
		return sum
	}
	j := joined{ka, kb, union(a, b)}
	// One of the two may be shared by many contexts while the other belongs to
	// one context.
	a.joined.add(j)
	b.joined.add(j)
	return j.sum
}

// joins contains the latest unions that a set was a part of.
type joins struct {
	mu   sync.Mutex
	all  [4]joined
	next int
}

// joined is the union of the sets with two keys.
type joined struct {
	a, b setKey
	sum  *depSet
}

func (j *joins) find(a, b setKey) *depSet {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, have := range j.all {
		if have.a == a && have.b == b {
			return have.sum
		}
	}
	return nil
}

func (j *joins) add(u joined) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all[j.next] = u
	j.next = (j.next + 1) % len(j.all)
}

// setKey tells sets apart by their deps and the wholes that replace these deps
// when the set is coarsened.
type setKey [sha256.Size]byte

func (s *depSet) key() setKey {
	s.keyOnce.Do(func() {
		h := sha256.New()
		_, _ = io.WriteString(h, s.header)
		writeRelations(h, s.deps)
		h.Sum(s.keySum[:0])
	})
	return s.keySum
}

func writeRelations(w io.Writer, deps []Dep) {
	for i, d := range deps {
		_, _ = fmt.Fprintf(w, "%d %q %q", i, d.id, d.hash)
		if d.relations != nil {
			_, _ = io.WriteString(w, "[")
			writeRelations(w, d.relations.wholes)
			_, _ = io.WriteString(w, "][")
			writeRelations(w, d.relations.groups)
			_, _ = io.WriteString(w, "]")
		}
	}
}

// empty reports whether the set has no deps to send.
func (s *depSet) empty() bool { return s == nil || len(s.deps) == 0 }

// list returns the deps of the set, which may be nil.
func (s *depSet) list() []Dep {
	if s == nil {
		return nil
	}
	return s.deps
}

// within returns the set, coarsened along PartOf until it fits the budget. If
// it cannot fit, within returns the set with an error.
func (s *depSet) within(budget int) *depSet {
	if s.err != nil || headerLine(len(s.header)) <= budget {
		return s
	}
	if f := s.fitted.Load(); f != nil && f.budget == budget {
		return f.set
	}
	set := s
	for set.err == nil && headerLine(len(set.header)) > budget {
		set = set.coarser(headerLine(len(set.header)) - budget)
	}
	s.fitted.Store(&fitted{budget, set})
	return set
}
