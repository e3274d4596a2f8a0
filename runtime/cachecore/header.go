package cachecore

import (
	"fmt"

	"github.com/depgen/depgen/runtime/internal/wire"
)

func encodeHeader(deps []Dep) string {
	elements := make([]wire.Dep, 0, 64) // a constant capacity needs no allocation
	for i := range deps {
		elements = append(elements, wire.Dep{ID: deps[i].id, Hash: deps[i].hash})
	}
	return wire.EncodeDeps(elements)
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
