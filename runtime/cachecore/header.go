package cachecore

import (
	"fmt"

	"github.com/depgen/depgen/runtime/internal/wire"
)

func encodeHeader(deps []Dep) string {
	return wire.EncodeDeps(elements(deps, make([]wire.Dep, 0, someDeps)))
}

// someDeps is a constant capacity, which needs no allocation.
const someDeps = 64

// elements appends the deps to an empty slice, as elements of a header.
func elements(deps []Dep, to []wire.Dep) []wire.Dep {
	for i := range deps {
		to = append(to, wire.Dep{ID: deps[i].id, Hash: deps[i].hash})
	}
	return to
}

// decodeHeader decodes a header that was written by hand.
func decodeHeader(header string) ([]Dep, error) {
	elements, err := wire.DecodeDeps(header)
	if err != nil {
		return nil, fmt.Errorf("header %s: %w", wire.HeaderDeps, err)
	}
	deps := make([]Dep, len(elements))
	for i, e := range elements {
		deps[i] = NewDep(e.ID)
		// In a header, a version equal to the default reads as no version.
		if e.Hash != wire.DefaultHash {
			deps[i] = deps[i].WithHash(e.Hash)
		}
	}
	return deps, nil
}

// headerLine returns the length in bytes of the header's line for a value of
// the given length. It includes the name and the separator, because servers
// count them too.
func headerLine(value int) int { return len(wire.HeaderDeps) + len(": ") + value }
