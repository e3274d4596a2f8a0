package cachecore

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// repeat is one dep that a client invalidates again each time one of the flights
// ends that were open when an invalidation of it was carried out. It is guarded
// by the lock of inflight.
//
// A flight may also never end: the body of its answer may never be closed. So
// the dep is invalidated again after two fill windows in any case, and Close
// waits no longer than that.
type repeat struct {
	client *Client
	ctx    context.Context //nolint:containedctx // the values of a caller who is gone
	dep    Dep

	sending int         // invalidations that are under way
	until   uint64      // the latest flight to wait for
	left    int         // how many of those are open
	overdue *time.Timer // set while some are open

	due       bool // to be carried out
	active    bool // queued or being carried out
	held      bool // Close waits for it
	lingering bool // Close need not
}

// watch looks from now on for flights that carry the dep and end, until the
// invalidation of it that is being sent is given to watched.
func (c *Client) watch(ctx context.Context, d Dep) *repeat {
	fs := c.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	all := fs.repeats[d.id]
	if i := slices.IndexFunc(all, func(r *repeat) bool { return r.client == c }); i >= 0 {
		all[i].sending++
		return all[i]
	}
	r := &repeat{client: c, ctx: context.WithoutCancel(ctx), dep: d, sending: 1}
	fs.repeats[d.id] = append(all, r)
	return r
}

// watched ends what watch began: flights that ended in between may have filled
// the cache after the invalidation, and those that are open now will.
func (r *repeat) watched() {
	fs := r.client.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	r.sending--
	r.until, r.left = fs.seq, fs.carrying(r.dep.id)
	if r.left > 0 {
		r.lingering = false
		if r.overdue == nil {
			r.overdue = time.AfterFunc(2*r.client.cfg.fillWindow, r.onOverdue)
		} else {
			r.overdue.Reset(2 * r.client.cfg.fillWindow)
		}
	}
	r.next()
}

func (r *repeat) onOverdue() {
	fs := r.client.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if r.left == 0 {
		return
	}
	r.lingering, r.due = true, true
	r.next()
}

// flightEnded is called when a flight that carries the dep is over.
func (r *repeat) flightEnded(seq uint64) {
	waited := seq <= r.until
	if waited {
		r.left--
	}
	if waited || r.sending > 0 {
		r.due = true
		r.next()
	}
}

// next brings the repeat to its next state: carried out if it is due, which has
// to begin after the invalidation on its way; else waiting; else removed.
func (r *repeat) next() {
	switch {
	case r.active || r.sending > 0:
	case r.due && r.hold():
		r.active = true
		r.client.enqueue(r)
	case !r.due && r.left > 0 && r.lingering:
		r.release()
	case !r.due && r.left > 0 && r.hold():
	default:
		r.remove()
	}
}

// hold makes Close wait. It reports false if the client is closed.
func (r *repeat) hold() bool {
	if !r.held {
		r.held = r.client.retain()
	}
	return r.held
}

func (r *repeat) release() {
	if r.held {
		r.held = false
		r.client.done()
	}
}

func (r *repeat) remove() {
	fs := r.client.flights
	rest := slices.DeleteFunc(fs.repeats[r.dep.id], func(other *repeat) bool { return other == r })
	if len(rest) == 0 {
		delete(fs.repeats, r.dep.id)
	} else {
		fs.repeats[r.dep.id] = rest
	}
	if r.overdue != nil {
		r.overdue.Stop()
	}
	r.left = 0
	r.release()
}

// enqueue has the repeat carried out by one of the client's repeaters. There are
// no more of them than invalidations at a time, because one flight's end can
// make many repeats due.
func (c *Client) enqueue(r *repeat) {
	c.ready = append(c.ready, r)
	if c.repeaters < c.cfg.concurrency {
		c.repeaters++
		c.spawn(c.repeatAll)
	}
}

func (c *Client) repeatAll() {
	fs := c.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for len(c.ready) > 0 {
		r := c.ready[0]
		c.ready = c.ready[1:]
		r.due = false
		fs.mu.Unlock()
		c.repeatOne(r)
		fs.mu.Lock()
		r.active = false
		r.next()
	}
	c.repeaters--
}

func (c *Client) repeatOne(r *repeat) {
	ctx, cancel := c.detach(r.ctx)
	defer cancel()
	if ctx.Err() != nil {
		return // given up; Close reports it
	}
	c.logFailure(ctx, "after requests in flight", c.invalidateOne(ctx, &invalidation{dep: r.dep, down: &c.repeatsDown}))
}

// secondPass repeats an invalidation once, later.
func (c *Client) secondPass(ctx context.Context, deps []Dep) {
	timer := time.NewTimer(c.cfg.secondPass)
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

// logFailure reports an invalidation in the background, whose error has no reader.
func (c *Client) logFailure(ctx context.Context, when string, r InvalidateResult) {
	if r.Err != nil {
		c.cfg.logger.LogAttrs(ctx, slog.LevelError, "cachecore: invalidation in the background failed", slog.String("when", when), slog.Any("error", r.Err))
	}
}
