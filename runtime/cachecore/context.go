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

// WithDeps returns a context whose LLM requests depend on deps, besides those
// that ctx already declares. An invalid dep, or one id with two hashes, makes
// its requests a bypass: see [CacheStatus.Err].
func WithDeps(ctx context.Context, deps ...Dep) context.Context {
	if len(deps) == 0 {
		return ctx
	}
	return context.WithValue(ctx, depsKey{}, union(declared(ctx), newDepSet(deps)))
}

// WithCall is [WithDeps] with a holder for the cache statuses of the requests
// made with the returned context. Calls nest: the one in ctx sees them too.
func WithCall(ctx context.Context, deps ...Dep) (context.Context, *Call) {
	call := &Call{outer: callFrom(ctx)}
	return WithDeps(context.WithValue(ctx, callKey{}, call), deps...), call
}

// WithBypass returns a context whose LLM requests the gateway neither looks up
// nor keeps: they carry no tenant token and no deps, whoever has set them.
func WithBypass(ctx context.Context) context.Context {
	return context.WithValue(ctx, bypassKey{}, true)
}

// Track returns a context that records what [Use] and the generated UseX are
// called with. An LLM request made with it depends on all that was recorded
// until then. Inside another tracked context, what is recorded counts for both.
func Track(ctx context.Context) context.Context {
	return context.WithValue(ctx, trackKey{}, &tracker{outer: trackerFrom(ctx)})
}

// Use records in a context of [Track] that deps were read. Without one, it does
// nothing: a function that reads data can call it whoever its caller is.
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
	seen map[seenDep]struct{}
}

// seenDep tells deps apart that are not the same declaration.
type seenDep struct {
	id, hash string
	valid    bool
}

func (t *tracker) add(deps []Dep) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range deps {
		key := seenDep{d.id, d.hash, d.Err() == nil}
		if _, ok := t.seen[key]; ok {
			continue
		}
		if t.seen == nil {
			t.seen = map[seenDep]struct{}{}
		}
		t.seen[key] = struct{}{}
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

// effective returns all that a request made with ctx depends on now, nil or
// empty if that is nothing.
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
