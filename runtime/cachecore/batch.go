package cachecore

import (
	"context"
	"errors"
	"sync"
)

// Batch is an [Invalidator] that collects the deps that a transaction changes.
// [Batch.Flush] sends them once the transaction is committed. On rollback, drop
// the batch. It is safe for concurrent use.
type Batch struct {
	mu       sync.Mutex
	deps     []Dep               // collected, valid, without relations
	ids      map[string]struct{} // of deps
	sending  map[string]struct{} // of those that a Flush is sending
	latest   map[string]string   // the version of each versioned dep that came last
	flushing chan struct{}       // holds an element while a Flush is sending
}

// NewBatch returns an empty batch.
func NewBatch() *Batch { return &Batch{} }

// Invalidate adds deps and their wholes to the batch without sending them. It
// returns an error for each invalid one, so that the error comes before the
// commit, and adds the others.
func (b *Batch) Invalidate(_ context.Context, deps ...Dep) error {
	var errs []error
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range Expand(deps...) {
		if err := d.Err(); err != nil {
			errs = append(errs, &InvalidateError{Dep: d, Err: err})
			continue
		}
		b.add(d)
	}
	return errors.Join(errs...)
}

func (b *Batch) add(d Dep) {
	if _, have := b.ids[d.id]; have && !d.versioned {
		return
	}
	if b.ids == nil {
		b.ids = map[string]struct{}{}
	}
	b.ids[d.id] = struct{}{}
	if d.versioned {
		if b.latest == nil {
			b.latest = map[string]string{}
		}
		b.latest[d.id] = d.hash
	}
	d.relations = nil // its wholes are in the batch
	b.deps = append(b.deps, d)
}

// Flush sends the collected deps, each once, and empties the batch. They go to
// the invalidator of ctx: to the next outer one if that is the batch itself, or
// else to the default one. Call Flush after the commit.
//
// After an error the batch still contains its deps, so Flush can be called
// again: invalidating a dep twice does no harm. The exception is a version that
// was replaced through another batch in the meantime: it would come back. A call
// waits for the one before it, whose versions are older, unless ctx ends first.
func (b *Batch) Flush(ctx context.Context) error {
	to, ok := invalidatorBeyond(ctx, b)
	if !ok {
		return ErrNoInvalidator
	}
	defer b.waitTurn(ctx)()
	b.mu.Lock()
	deps := b.deps
	b.deps, b.ids, b.sending = nil, nil, b.ids
	b.mu.Unlock()
	if len(deps) == 0 {
		return nil
	}
	err := to.Invalidate(ctx, Expand(deps...)...) // each id with its last version
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sending = nil
	if err == nil {
		return nil
	}
	collected := b.deps
	b.deps, b.ids = nil, nil
	for _, d := range deps {
		// A later flush may have sent a later version.
		if !d.versioned || d.hash == b.latest[d.id] {
			b.add(d)
		}
	}
	for _, d := range collected {
		b.add(d)
	}
	return err
}

// Changed implements [Transactional].
func (b *Batch) Changed(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, collected := b.ids[id]
	_, sending := b.sending[id]
	return collected || sending
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
