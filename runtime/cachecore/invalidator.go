package cachecore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// Invalidator drops the cached answers that depend on deps, and on what they
// are part of: see [Expand]. It is implemented by [Client], by [Batch] and by
// the recorder of package cachecoretest.
type Invalidator interface {
	Invalidate(ctx context.Context, deps ...Dep) error
}

type invalidatorKey struct{}

var defaultInvalidator atomic.Pointer[Invalidator]

// SetDefault makes inv the invalidator of every context that names none. It is
// meant to be called once, at start-up. Nil takes the default away.
func SetDefault(inv Invalidator) {
	if inv == nil {
		defaultInvalidator.Store(nil)
		return
	}
	defaultInvalidator.Store(&inv)
}

// NewContext returns a context whose invalidations go to inv.
func NewContext(ctx context.Context, inv Invalidator) context.Context {
	return context.WithValue(ctx, invalidatorKey{}, inv)
}

// FromContext returns the context's invalidator, else the default one. It
// reports false if there is neither.
func FromContext(ctx context.Context) (Invalidator, bool) {
	if inv, ok := ctx.Value(invalidatorKey{}).(Invalidator); ok && inv != nil {
		return inv, true
	}
	if inv := defaultInvalidator.Load(); inv != nil {
		return *inv, true
	}
	return nil, false
}

// Invalidate drops the cached answers that depend on deps, and on what they are
// part of, through the context's invalidator, else the default one, else it
// returns [ErrNoInvalidator]. Call it when the write is committed.
func Invalidate(ctx context.Context, deps ...Dep) error {
	inv, ok := FromContext(ctx)
	if !ok {
		return ErrNoInvalidator
	}
	return inv.Invalidate(ctx, Expand(deps...)...)
}

// Batch is an [Invalidator] that collects what a transaction changes and sends
// it once the transaction is committed. On rollback, drop it. It is safe for
// concurrent use.
type Batch struct {
	to Invalidator

	mu       sync.Mutex
	deps     []Dep
	latest   map[string]string // the version of each versioned dep that came last
	flushing chan struct{}     // holds an element while a Flush is sending
}

// NewBatch returns an empty batch that [Batch.Flush] sends to the given
// invalidator, or to the default one if that is nil.
func NewBatch(to Invalidator) *Batch { return &Batch{to: to} }

// Invalidate adds deps to the batch and sends nothing. It returns an error, and
// adds the others, if a dep is invalid: better before the commit than after it.
func (b *Batch) Invalidate(_ context.Context, deps ...Dep) error {
	var errs []error
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range deps {
		if err := d.Err(); err != nil {
			errs = append(errs, &InvalidateError{Dep: d, Err: err})
			continue
		}
		b.deps = append(b.deps, d)
		if d.versioned {
			if b.latest == nil {
				b.latest = map[string]string{}
			}
			b.latest[d.id] = d.hash
		}
	}
	return errors.Join(errs...)
}

// Flush sends what was collected, each dep once, and empties the batch. Call it
// after the commit. After an error the batch still holds what it held, so that
// Flush can be called again: invalidating a dep twice does no harm. Only a version
// that was replaced through another batch meanwhile would come back. A call waits
// for the one before it, whose versions are older, unless ctx ends first.
func (b *Batch) Flush(ctx context.Context) error {
	to := b.to
	if to == nil {
		inv := defaultInvalidator.Load()
		if inv == nil {
			return ErrNoInvalidator
		}
		to = *inv
	}
	defer b.waitTurn(ctx)()
	b.mu.Lock()
	deps := b.deps
	b.deps = nil
	b.mu.Unlock()
	if len(deps) == 0 {
		return nil
	}
	err := to.Invalidate(ctx, Expand(deps...)...)
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		// A later flush may have sent a later version.
		deps = slices.DeleteFunc(deps, func(d Dep) bool { return d.versioned && d.hash != b.latest[d.id] })
		b.deps = append(deps, b.deps...)
	}
	return err
}

// waitTurn waits until no other Flush is sending, or ctx ends: the caller has
// committed, and an [Invalidator] may go on after that. It returns a function to
// end the turn.
func (b *Batch) waitTurn(ctx context.Context) (end func()) {
	b.mu.Lock()
	if b.flushing == nil {
		b.flushing = make(chan struct{}, 1)
	}
	flushing := b.flushing
	b.mu.Unlock()
	select {
	case flushing <- struct{}{}:
		return func() { <-flushing }
	default:
	}
	select {
	case flushing <- struct{}{}:
		return func() { <-flushing }
	case <-ctx.Done():
		return func() {}
	}
}
