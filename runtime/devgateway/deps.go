package devgateway

import (
	"fmt"
	"net/http"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Limits on the deps of one request. The limit on the header is the most that
// an http.Server with a header limit of 64 KiB can receive.
const (
	maxDepsHeader = 64 << 10 // bytes
	maxDeps       = 1000
)

// Dep identifies a piece of data that an answer depends on, and the version of
// the data that the answer is based on.
type Dep struct {
	ID   string
	Hash string // "v1" if the request did not set it
}

// depsIn returns deps of the protocol in the form that observers get.
func depsIn(deps []wire.Dep) []Dep {
	var out []Dep
	for _, d := range deps {
		out = append(out, Dep(d))
	}
	return out
}

// unfitError reports well-formed deps that cannot be kept with an answer. The
// request then becomes a bypass, because a call must not fail because of the
// cache.
type unfitError string

func (e unfitError) Error() string { return wire.HeaderDeps + ": " + string(e) }

func unfitf(format string, args ...any) error { return unfitError(fmt.Sprintf(format, args...)) }

// depsOf returns the deps that the request declares, each id once. The error is
// an unfitError, or an apiError if the header breaks the protocol.
func depsOf(h http.Header) ([]wire.Dep, error) {
	values := h[wire.HeaderDeps]
	switch {
	case len(values) == 0:
		return nil, nil
	case len(values) > 1:
		return nil, badRequestf("invalid_deps", "more than one %s header; send all deps in one", wire.HeaderDeps)
	case len(values[0]) > maxDepsHeader:
		return nil, unfitf("%d bytes are more than %d; declare fewer deps", len(values[0]), maxDepsHeader)
	}
	deps, err := wire.DecodeDeps(values[0])
	if err != nil {
		return nil, badRequestf("invalid_deps", "%s: %v; send the base64url of a JSON array of deps", wire.HeaderDeps, err)
	}
	return distinct(deps)
}

// distinct returns the deps with each id once, or an unfitError.
func distinct(deps []wire.Dep) ([]wire.Dep, error) {
	kept := deps[:0]
	hashes := make(map[string]string, len(deps))
	for i, d := range deps {
		if err := unfit(d); err != nil {
			return nil, unfitf("dep %d: %v", i, err)
		}
		switch hash, again := hashes[d.ID]; {
		case again && hash != d.Hash:
			return nil, unfitf("dep %d: %.40q has two hashes; declare the one that the answer is made from", i, d.ID)
		case again:
			continue
		}
		hashes[d.ID] = d.Hash
		kept = append(kept, d)
	}
	if len(kept) > maxDeps {
		return nil, unfitf("%d deps are more than %d; declare fewer deps", len(kept), maxDeps)
	}
	return kept, nil
}

// unfit returns the reason why no answer can be kept with the dep.
func unfit(d wire.Dep) error {
	switch {
	case len(d.ID) > wire.MaxID:
		return fmt.Errorf("dep_id is longer than %d bytes; shorten it", wire.MaxID)
	case len(d.Hash) > wire.MaxHash:
		return fmt.Errorf("expected_hash is longer than %d bytes; shorten it", wire.MaxHash)
	}
	return nil
}
