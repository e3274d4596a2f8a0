package txn

import (
	"context"
	"sync"

	"github.com/depgen/depgen/runtime/cachecore"
)

// changes is the invalidator in the context of a transaction. It collects the
// changes until the transaction ends. Later ones are sent at once: a goroutine
// may outlive the function that has started it.
type changes struct {
	batch *cachecore.Batch
	to    cachecore.Invalidator // for committed changes: of the outer transaction, if there is one
	base  cachecore.Invalidator // outside of all transactions

	mu    sync.RWMutex
	ended bool
	inner map[*changes]struct{} // of savepoints that have not ended
}

func newChanges(to, base cachecore.Invalidator) *changes {
	return &changes{batch: cachecore.NewBatch(), to: to, base: base, inner: map[*changes]struct{}{}}
}

type changesKey struct{}

// changesOf returns the changes of the context's innermost transaction, or nil.
// The invalidator of the context may be another one that wraps them.
func changesOf(ctx context.Context) *changes {
	c, _ := ctx.Value(changesKey{}).(*changes)
	return c
}

// in returns the context of the transaction.
func (c *changes) in(ctx context.Context) context.Context {
	return cachecore.WithInvalidator(context.WithValue(ctx, changesKey{}, c), c)
}

// Invalidate implements [cachecore.Invalidator].
func (c *changes) Invalidate(ctx context.Context, deps ...cachecore.Dep) error {
	c.mu.RLock()
	if c.ended {
		c.mu.RUnlock()
		return c.to.Invalidate(ctx, deps...)
	}
	defer c.mu.RUnlock()
	return c.batch.Invalidate(ctx, deps...)
}

// Changed implements [cachecore.Transactional].
func (c *changes) Changed(id string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.ended && c.batch.Changed(id) {
		return true
	}
	for inner := range c.inner { // its data is read here too
		if inner.Changed(id) {
			return true
		}
	}
	return false
}

// begin adds the changes of a savepoint.
func (c *changes) begin(inner *changes) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inner[inner] = struct{}{}
}

// end ends the collecting, before the batch is flushed or dropped.
func (c *changes) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	if outer, ok := c.to.(*changes); ok {
		outer.mu.Lock()
		defer outer.mu.Unlock()
		delete(outer.inner, c)
	}
}

// flush ends the collecting and sends the collected deps.
func (c *changes) flush(ctx context.Context) error {
	c.end()
	return c.batch.Flush(cachecore.WithInvalidator(ctx, c.to))
}
