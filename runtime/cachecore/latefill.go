package cachecore

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// lateFills are the deps to invalidate again once the requests are over that
// were in flight when they were invalidated. There is one goroutine a dep.
type lateFills struct {
	mu     sync.Mutex
	before map[string]uint64 // dep id -> the latest flight to wait for
}

// add notes that the dep waits for flights up to seq. It reports whether nobody
// waits for them yet.
func (l *lateFills) add(id string, seq uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.before == nil {
		l.before = map[string]uint64{}
	}
	earlier, waiting := l.before[id]
	l.before[id] = max(earlier, seq)
	return !waiting
}

// next returns a channel to wait on, nil when all flights are over.
func (l *lateFills) next(id string, fs *flights) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	over := fs.waitFor(id, l.before[id])
	if over == nil {
		delete(l.before, id)
	}
	return over
}

// repeatLater arranges for what one pass cannot do: the deps are invalidated
// again after this client's own requests in flight, and after the second pass's time.
func (c *Client) repeatLater(ctx context.Context, deps []Dep) {
	ctx = context.WithoutCancel(ctx)
	// A versioned dep needs neither, and its repetition could undo a later version.
	deps = slices.DeleteFunc(slices.Clone(deps), func(d Dep) bool { return d.versioned || d.err != nil })
	if after := c.cfg.secondPass; after > 0 && len(deps) > 0 {
		c.spawn(func() { c.secondPass(ctx, deps, after) })
	}
	seq, open := c.flights.last()
	if !open {
		return
	}
	for _, d := range deps {
		if c.flights.waitFor(d.id, seq) == nil {
			continue
		}
		if c.late.add(d.id, seq) {
			c.spawn(func() { c.afterFlights(ctx, d) })
		}
	}
}

// afterFlights invalidates the dep when all flights are over that an invalidation waits for.
func (c *Client) afterFlights(ctx context.Context, d Dep) {
	for {
		over := c.late.next(d.id, &c.flights)
		if over == nil {
			break
		}
		select {
		case <-over:
		case <-c.life.Done():
			return
		}
	}
	ctx, cancel := c.detach(ctx)
	defer cancel()
	c.logFailure(ctx, "after requests in flight", c.invalidateOne(ctx, new(atomic.Bool), d))
}

// secondPass repeats an invalidation once, later.
func (c *Client) secondPass(ctx context.Context, deps []Dep, after time.Duration) {
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.life.Done():
		return
	}
	r := newRun(c, deps)
	for range r.workers() {
		c.spawn(func() { r.work(ctx) })
	}
	<-r.finished
	for _, result := range r.results {
		c.logFailure(ctx, "in the second pass", result)
	}
}

// logFailure tells of an invalidation in the background, whose error nobody reads.
func (c *Client) logFailure(ctx context.Context, when string, r InvalidateResult) {
	if r.Err != nil {
		c.cfg.logger.LogAttrs(ctx, slog.LevelError, "cachecore: invalidation in the background failed", slog.String("when", when), slog.Any("error", r.Err))
	}
}
