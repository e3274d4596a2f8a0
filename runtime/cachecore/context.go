package cachecore

import (
	"context"
	"sync"
)

type (
	depsKey   struct{}
	callKey   struct{}
	bypassKey struct{}
	trackKey  struct{}
)

// WithDeps returns a context whose LLM requests depend on deps, in addition to
// those that ctx already declares. An invalid dep, or one id with two hashes,
// turns its requests into a bypass: see [CacheStatus.Err].
func WithDeps(ctx context.Context, deps ...Dep) context.Context {
	if len(deps) == 0 {
		return ctx
	}
	return context.WithValue(ctx, depsKey{}, union(declared(ctx), newDepSet(deps)))
}

// WithCall returns a context and a [Call] that collects the cache statuses of
// the requests made with it. Calls nest: the call in ctx collects them too.
func WithCall(ctx context.Context) (context.Context, *Call) {
	call := &Call{outer: callFrom(ctx)}
	return context.WithValue(ctx, callKey{}, call), call
}

// WithBypass returns a context whose LLM requests the gateway neither looks up
// nor stores. They carry no tenant token and no deps, even if the caller has
// set these headers.
func WithBypass(ctx context.Context) context.Context {
	return context.WithValue(ctx, bypassKey{}, true)
}

// Track returns a context that records the deps passed to [Use] and to the
// generated UseX functions. An LLM request made with it depends on all deps
// recorded so far. Inside another tracked context, a recorded dep counts for
// both.
func Track(ctx context.Context) context.Context {
	return context.WithValue(ctx, trackKey{}, &tracker{outer: trackerFrom(ctx)})
}

// Use records in a context of [Track] that deps were read. Without such a
// context it has no effect, so a function that reads data can always call it.
func Use(ctx context.Context, deps ...Dep) {
	for t := trackerFrom(ctx); t != nil; t = t.outer {
		t.add(deps)
	}
}

// tracker is the record of one tracked context.
type tracker struct {
	outer *tracker

	mu   sync.Mutex
	set  *depSet // nil until it is asked for, and after more was recorded
	deps []Dep
	seen map[seenDep]int // the index in deps
}

// seenDep is a key that differs for deps that are not the same declaration.
type seenDep struct {
	id, hash string
	valid    bool
}

func (t *tracker) add(deps []Dep) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range deps {
		key := seenDep{d.id, d.hash, d.Err() == nil}
		if i, ok := t.seen[key]; ok {
			if t.deps[i].relations == nil && d.relations != nil {
				// A dep made by hand does not know the relations of the
				// generated one.
				t.deps[i], t.set = d, nil
			}
			continue
		}
		if t.seen == nil {
			t.seen = map[seenDep]int{}
		}
		t.seen[key] = len(t.deps)
		t.deps = append(t.deps, d)
		t.set = nil
	}
}

func (t *tracker) recorded() *depSet {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.set == nil {
		t.set = newDepSet(t.deps)
	}
	return t.set
}

// effective returns all deps of a request made with ctx now. It returns nil or
// an empty set if it has no deps.
func effective(ctx context.Context) *depSet {
	set := declared(ctx)
	for t := trackerFrom(ctx); t != nil; t = t.outer {
		set = join(set, t.recorded())
	}
	return set
}

func declared(ctx context.Context) *depSet {
	set, _ := ctx.Value(depsKey{}).(*depSet)
	return set
}

func callFrom(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

func trackerFrom(ctx context.Context) *tracker {
	t, _ := ctx.Value(trackKey{}).(*tracker)
	return t
}

func bypassed(ctx context.Context) bool {
	b, _ := ctx.Value(bypassKey{}).(bool)
	return b
}
