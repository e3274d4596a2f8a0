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
	deps     []Dep             // collected, valid, without relations, each id once
	ids      map[string]int    // of deps, with their index
	sending  map[string]int    // ids that Flushes in progress send, with their number
	latest   map[string]string // the version that came last, of the versioned ones of both
	flushing chan struct{}     // holds an element while a Flush is sending
}

// NewBatch returns an empty batch.
func NewBatch() *Batch { return &Batch{} }

// flushKey is the key of the batch that a context's invalidator receives.
type flushKey struct{}

var errFlushesIntoItself = errors.New("cachecore: batch flushes into itself; call Flush with the context from outside of the transaction")

// Invalidate adds deps and their wholes to the batch without sending them. It
// returns an error for each invalid one, so that the error comes before the
// commit, and adds the others.
func (b *Batch) Invalidate(ctx context.Context, deps ...Dep) error {
	if ctx.Value(flushKey{}) == b {
		return errFlushesIntoItself
	}
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
	d.relations = nil // its wholes are in the batch
	if d.versioned {
		if b.latest == nil {
			b.latest = map[string]string{}
		}
		b.latest[d.id] = d.hash
	}
	if i, have := b.ids[d.id]; have {
		if d.versioned {
			b.deps[i] = d
		}
		return
	}
	if b.ids == nil {
		b.ids = map[string]int{}
	}
	b.ids[d.id] = len(b.deps)
	b.deps = append(b.deps, d)
}

// Flush sends the collected deps, each once, and empties the batch. They go to
// the invalidator of ctx: to the next outer one if that is the batch itself, or
// else to the default one. Call Flush after the commit.
//
// After an error the batch still contains its deps, so Flush can be called
// again: invalidating a dep twice does no harm. The exception is a version that
// was replaced through another batch meanwhile: it would come back. A call
// waits for the one before it, whose versions are older, unless ctx ends first.
func (b *Batch) Flush(ctx context.Context) error {
	to, ok := invalidatorBeyond(ctx, b)
	if !ok {
		return ErrNoInvalidator
	}
	defer b.waitTurn(ctx)()
	deps := b.take()
	if len(deps) == 0 {
		return nil
	}
	err := to.Invalidate(context.WithValue(ctx, flushKey{}, b), deps...)
	b.sent(deps, err)
	return err
}

// take empties the batch and returns its deps, which count as being sent.
func (b *Batch) take() []Dep {
	b.mu.Lock()
	defer b.mu.Unlock()
	deps := b.deps
	b.deps, b.ids = nil, nil
	if b.sending == nil {
		b.sending = map[string]int{}
	}
	for _, d := range deps {
		b.sending[d.id]++
	}
	return deps
}

// sent takes deps back that could not be sent.
func (b *Batch) sent(deps []Dep, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range deps {
		if b.sending[d.id]--; b.sending[d.id] == 0 {
			delete(b.sending, d.id)
		}
	}
	if err != nil {
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
	}
	for _, d := range deps {
		if !b.has(d.id) {
			delete(b.latest, d.id)
		}
	}
}

// has reports whether the batch has collected the dep or is sending it.
func (b *Batch) has(id string) bool {
	_, collected := b.ids[id]
	return collected || b.sending[id] > 0
}

// Changed implements [Transactional].
func (b *Batch) Changed(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.has(id)
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
