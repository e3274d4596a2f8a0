package cachecore

import (
	"cmp"
	"fmt"
	"slices"
)

// coarser returns the set with parts replaced by their wholes, one step up, in
// order to save the given number of bytes of its header, or the set with an
// error if there is nothing left to replace. An invalidation of a part also
// invalidates its wholes, so an answer tagged with one of them is still
// dropped.
func (s *depSet) coarser(excess int) *depSet {
	wholes := largestWholes(s.deps, excess)
	if len(wholes) == 0 {
		n := headerLine(len(s.header))
		return &depSet{deps: s.deps, err: fmt.Errorf(
			"%d deps take %d bytes of headers, of which %d are allowed: declare fewer, or give their kinds a part_of", len(s.deps), n, n-excess)}
	}
	deps := slices.Clone(s.deps)
	for i, d := range deps {
		if w, ok := d.whole(); ok && wholes[w.id] {
			deps[i] = w
		}
	}
	return newDepSet(deps)
}

// largestWholes returns the wholes to put in place of their parts in order to
// save the given number of bytes, those first whose parts take the most; all of
// them if they do not save enough.
func largestWholes(deps []Dep, excess int) map[string]bool {
	type whole struct {
		id     string
		saving int // bytes of header
	}
	var wholes []whole
	at := map[string]int{}
	for _, d := range deps {
		w, ok := d.whole()
		if !ok {
			continue
		}
		i, seen := at[w.id]
		if !seen {
			i = len(wholes)
			at[w.id] = i
			wholes = append(wholes, whole{w.id, -headerSize(w)})
		}
		wholes[i].saving += headerSize(d)
	}
	slices.SortStableFunc(wholes, func(a, b whole) int { return cmp.Compare(b.saving, a.saving) })
	chosen := map[string]bool{}
	for _, w := range wholes {
		if excess <= 0 {
			break
		}
		chosen[w.id] = true
		excess -= w.saving
	}
	return chosen
}

// whole returns what the dep is coarsened to: the first of what it is part of.
func (d Dep) whole() (Dep, bool) {
	if d.relations == nil || len(d.relations.wholes) == 0 {
		return Dep{}, false
	}
	return d.relations.wholes[0], true
}

// headerSize returns about how many bytes of the header the dep takes: base64
// makes four bytes of three.
func headerSize(d Dep) int {
	return (len(`{"dep_id":"","expected_hash":""},`) + len(d.id) + len(d.hash)) * 4 / 3
}
