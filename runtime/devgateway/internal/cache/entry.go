package cache

import (
	"slices"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Entry is a cached answer. It does not change once it is stored, except for its
// place.
type Entry struct {
	Answer

	tenant   string
	hashes   map[string]string // by dep id
	stored   time.Time
	question int // its cost in bytes, 0 if there is none

	place place
}

// Deps returns the entry's deps, sorted by id.
func (e *Entry) Deps() []wire.Dep {
	deps := make([]wire.Dep, 0, len(e.hashes))
	for id, hash := range e.hashes {
		deps = append(deps, wire.Dep{ID: id, Hash: hash})
	}
	slices.SortFunc(deps, func(a, b wire.Dep) int { return strings.Compare(a.ID, b.ID) })
	return deps
}

// ids calls f with each of the entry's deps, including the implicit one.
func (e *Entry) ids(f func(depKey)) {
	for id := range e.hashes {
		f(depKey{e.tenant, id})
	}
	f(depKey{e.tenant, wire.PolicyDep})
}

// hashesOf maps each id to its hash.
func hashesOf(deps []wire.Dep) map[string]string {
	hashes := make(map[string]string, len(deps))
	for _, d := range deps {
		hashes[d.ID] = d.Hash
	}
	return hashes
}

// covers reports whether an answer with the given hashes carries all the deps.
func covers(hashes map[string]string, deps []wire.Dep) bool {
	for _, d := range deps {
		if hash, ok := hashes[d.ID]; !ok || hash != d.Hash {
			return false
		}
	}
	return true
}
