package otelcachecore

import (
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/depgen/depgen/runtime/cachecore"
)

const (
	// maxKinds limits the kinds that have a name of their own. A schema is far
	// below it, but a dep made by hand can have any prefix.
	maxKinds = 200

	// maxKind limits a kind, in bytes.
	maxKind = 64

	// other is the kind of deps without a prefix, and of all kinds beyond the
	// limits.
	other = "other"
)

// kinds contains the first kinds that were seen.
type kinds struct {
	mu   sync.RWMutex
	seen map[string]struct{}
}

// of appends the names of the kinds of deps to names, each once.
func (ks *kinds) of(deps []cachecore.Dep, names []string) []string {
	last := ""
	for i, d := range deps {
		kind := d.Kind()
		if i > 0 && kind == last {
			continue
		}
		last = kind
		if name := ks.bounded(kind); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// name returns the name of the dep's kind.
func (ks *kinds) name(d cachecore.Dep) string { return ks.bounded(d.Kind()) }

func (ks *kinds) bounded(kind string) string {
	ks.mu.RLock()
	_, known := ks.seen[kind]
	full := len(ks.seen) >= maxKinds
	ks.mu.RUnlock()
	switch {
	case known:
		return kind
	case full || kind == "" || len(kind) > maxKind || !utf8.ValidString(kind):
		return other
	}
	return ks.addKind(kind)
}

func (ks *kinds) addKind(kind string) string {
	ks.mu.Lock()
	defer ks.mu.Unlock()
	if _, known := ks.seen[kind]; !known {
		if len(ks.seen) >= maxKinds { // other goroutines have filled it
			return other
		}
		if ks.seen == nil {
			ks.seen = map[string]struct{}{}
		}
		ks.seen[kind] = struct{}{}
	}
	return kind
}
