package cachecore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// Invalidator drops the cached answers that depend on deps or on their wholes:
// see [Expand]. [Client], [Batch] and the recorder of package cachecoretest
// implement it.
type Invalidator interface {
	Invalidate(ctx context.Context, deps ...Dep) error
}

type invalidatorKey struct{}

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
	return context.WithValue(ctx, invalidatorKey{}, inv)
}

// InvalidatorFrom returns the context's invalidator, or else the default one. It
// returns false if there is neither.
func InvalidatorFrom(ctx context.Context) (Invalidator, bool) {
	if inv, ok := ctx.Value(invalidatorKey{}).(Invalidator); ok && inv != nil {
		return inv, true
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

// Batch is an [Invalidator] that collects the deps that a transaction changes.
// [Batch.Flush] sends them once the transaction is committed. On rollback, drop
// the batch. It is safe for concurrent use.
type Batch struct {
	to Invalidator

	mu       sync.Mutex
	deps     []Dep
	latest   map[string]string // the version of each versioned dep that came last
	flushing chan struct{}     // holds an element while a Flush is sending
}

// NewBatch returns an empty batch. [Batch.Flush] sends it to the given
// invalidator, or to the default one if that is nil.
func NewBatch(to Invalidator) *Batch { return &Batch{to: to} }

// Invalidate adds deps to the batch without sending them. If a dep is invalid,
// it adds the others and returns an error, so that the error comes before the
// commit.
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

// Flush sends the collected deps, each once, and empties the batch. Call it
// after the commit. After an error the batch still contains its deps, so Flush
// can be called again: invalidating a dep twice does no harm. The exception is
// a version that was replaced through another batch in the meantime: it would
// come back. A call waits for the one before it, whose versions are older,
// unless ctx ends first.
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
// committed, and an [Invalidator] may go on after that. It returns a function
// that ends the turn.
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
