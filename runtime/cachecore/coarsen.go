package cachecore

import (
	"cmp"
	"fmt"
	"slices"
)

// coarser returns the set with parts replaced by their wholes, one step up, in
// order to save the given number of bytes of its header. It returns the set
// with an error if no part is left to replace. An invalidation of a part also
// invalidates its wholes, so an answer tagged with a whole is still dropped.
func (s *depSet) coarser(excess int) *depSet {
	wholes := largestWholes(s.deps, excess)
	if len(wholes) == 0 {
		n := headerLine(len(s.header))
		return &depSet{deps: s.deps, err: fmt.Errorf(
			"%d deps take %d bytes of headers, of which %d are allowed; declare fewer, or give their kinds a part_of", len(s.deps), n, n-excess)}
	}
	deps := slices.Clone(s.deps)
	for i, d := range deps {
		if w, ok := d.whole(); ok && wholes[w.id] {
			deps[i] = w
		}
	}
	return newDepSet(deps)
}

// largestWholes returns the wholes that replace their parts in order to save
// the given number of bytes. Those whose parts take the most bytes come first.
// It returns all wholes if they do not save enough.
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

// whole returns the dep that replaces d in a coarser set: its first whole.
func (d Dep) whole() (Dep, bool) {
	if d.relations == nil || len(d.relations.wholes) == 0 {
		return Dep{}, false
	}
	return d.relations.wholes[0], true
}

// headerSize estimates the bytes that the dep takes in the header: base64 turns
// three bytes into four.
func headerSize(d Dep) int {
	return (len(`{"dep_id":"","expected_hash":""},`) + len(d.id) + len(d.hash)) * 4 / 3
}
