package cachecore

import (
	"context"
	"sync/atomic"
)

// Invalidator drops the cached answers that depend on deps or on their wholes:
// see [Expand]. [Client], [Batch] and the recorder of package cachecoretest
// implement it.
type Invalidator interface {
	Invalidate(ctx context.Context, deps ...Dep) error
}

// Transactional is an [Invalidator] whose invalidations are sent after a
// transaction is committed, such as a [Batch]. A request made with its context
// goes uncached if it depends on data that the transaction has changed: the
// change may be rolled back, and no invalidation would drop the answer then.
//
// A type that wraps a Batch, for example to log its invalidations, must
// implement Changed too and pass the calls on. Without it, requests inside the
// transaction are cached.
type Transactional interface {
	Invalidator

	// Changed reports whether the dep with the given id, or a part of it, was
	// invalidated and is not committed.
	Changed(id string) bool
}

type invalidatorKey struct{}

// scope is the invalidator of a context, inside those of its outer contexts.
type scope struct {
	inv   Invalidator
	outer *scope
}

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(invalidatorKey{}).(*scope)
	return s
}

var defaultInvalidator atomic.Pointer[Invalidator]

// SetDefault sets the invalidator of every context that has no invalidator of
// its own. Call it once, at start-up. Nil removes the default.
func SetDefault(inv Invalidator) {
	if inv == nil {
		defaultInvalidator.Store(nil)
		return
	}
	defaultInvalidator.Store(&inv)
}

// WithInvalidator returns a context whose invalidations go to inv.
func WithInvalidator(ctx context.Context, inv Invalidator) context.Context {
	return context.WithValue(ctx, invalidatorKey{}, &scope{inv, scopeOf(ctx)})
}

// InvalidatorFrom returns the context's invalidator, or else the default one.
// It returns false if there is neither.
func InvalidatorFrom(ctx context.Context) (Invalidator, bool) {
	return invalidatorBeyond(ctx, nil)
}

// invalidatorBeyond returns the context's invalidator that is not inner.
func invalidatorBeyond(ctx context.Context, inner *Batch) (Invalidator, bool) {
	for s := scopeOf(ctx); s != nil; s = s.outer {
		if s.inv != nil && s.inv != Invalidator(inner) {
			return s.inv, true
		}
	}
	if inv := defaultInvalidator.Load(); inv != nil {
		return *inv, true
	}
	return nil, false
}

// Invalidate drops the cached answers that depend on deps or on their wholes.
// It uses the context's invalidator, or else the default one. It returns
// [ErrNoInvalidator] if there is neither. Call it when the write is committed.
func Invalidate(ctx context.Context, deps ...Dep) error {
	inv, ok := InvalidatorFrom(ctx)
	if !ok {
		return ErrNoInvalidator
	}
	return inv.Invalidate(ctx, Expand(deps...)...)
}
