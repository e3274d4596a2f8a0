package cachecore

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Batch is an [Invalidator] that collects the deps that a transaction changes.
// [Batch.Flush] sends them once the transaction is committed. On rollback, drop
// the batch. It is safe for concurrent use.
type Batch struct {
	mu       sync.Mutex
	deps     []Dep
	sending  []Dep               // by a Flush in progress
	changed  map[string]struct{} // ids of both with their wholes; nil until asked for
	latest   map[string]string   // the version of each versioned dep that came last
	flushing chan struct{}       // holds an element while a Flush is sending
}

// NewBatch returns an empty batch.
func NewBatch() *Batch { return &Batch{} }

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
		b.changed = nil
		if d.versioned {
			if b.latest == nil {
				b.latest = map[string]string{}
			}
			b.latest[d.id] = d.hash
		}
	}
	return errors.Join(errs...)
}

// Flush sends the collected deps, each once, and empties the batch. They go to
// the invalidator of ctx: to the next outer one if that is the batch itself, or
// else to the default one. Call Flush after the commit. After an error the batch still contains its deps, so Flush
// can be called again: invalidating a dep twice does no harm. The exception is
// a version that was replaced through another batch in the meantime: it would
// come back. A call waits for the one before it, whose versions are older,
// unless ctx ends first.
func (b *Batch) Flush(ctx context.Context) error {
	to, ok := invalidatorBeyond(ctx, b)
	if !ok {
		return ErrNoInvalidator
	}
	defer b.waitTurn(ctx)()
	b.mu.Lock()
	deps := b.deps
	b.deps, b.sending = nil, deps
	b.mu.Unlock()
	if len(deps) == 0 {
		return nil
	}
	err := to.Invalidate(ctx, Expand(deps...)...)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sending, b.changed = nil, nil
	if err != nil {
		// A later flush may have sent a later version.
		deps = slices.DeleteFunc(deps, func(d Dep) bool { return d.versioned && d.hash != b.latest[d.id] })
		b.deps = append(deps, b.deps...)
	}
	return err
}

// Changed implements [Transactional].
func (b *Batch) Changed(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = map[string]struct{}{}
		for _, d := range Expand(slices.Concat(b.sending, b.deps)...) {
			b.changed[d.id] = struct{}{}
		}
	}
	_, ok := b.changed[id]
	return ok
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
