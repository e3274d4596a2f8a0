package cachecore

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// repeat invalidates a dep again after each flight ends that was open when the
// dep was last invalidated. The lock of flights guards it.
//
// A flight may never end, because callers need not close the body of its
// answer. So the dep is invalidated again after two fill windows at the latest,
// and Close waits no longer than that.
type repeat struct {
	client *Client
	ctx    context.Context //nolint:containedctx // the values of a caller who is gone
	dep    Dep

	sending   int    // invalidations that are in progress
	until     uint64 // the latest flight to wait for
	left      int    // how many of those are open
	overdue   *time.Timer
	overdueAt time.Time

	due       bool // to be carried out
	active    bool // queued or being carried out
	held      bool // Close waits for it
	unawaited bool // Close need not wait for it
}

// beginSending starts to track the flights that carry the dep and end before
// endSending is called: they may fill the cache after the invalidation.
func (c *Client) beginSending(ctx context.Context, d Dep) *repeat {
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

// endSending makes the repeat wait for the flights that are open now.
func (r *repeat) endSending() {
	fs := r.client.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	r.sending--
	before := r.left
	r.until, r.left = fs.seq, fs.carrying(r.dep.id)
	// Flights that were overdue before are not waited for again.
	if r.left > 0 && (r.left > before || !r.unawaited) {
		wait := 2 * r.client.cfg.fillWindow
		r.unawaited, r.overdueAt = false, time.Now().Add(wait)
		if r.overdue == nil {
			r.overdue = time.AfterFunc(wait, r.onOverdue)
		} else {
			r.overdue.Reset(wait)
		}
	}
	r.advance()
}

func (r *repeat) onOverdue() {
	fs := r.client.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if r.left == 0 || time.Now().Before(r.overdueAt) { // over, or set again meanwhile
		return
	}
	r.unawaited, r.due = true, true
	r.advance()
}

// flightEnded is called at the end of a flight that carries the dep, whether or
// not it filled the cache.
func (r *repeat) flightEnded(seq uint64, filled bool) {
	waited := seq <= r.until
	if waited {
		r.left--
	}
	if filled && (waited || r.sending > 0) {
		r.due = true
	}
	r.advance()
}

// advance moves the repeat on. If it is due, advance queues it once the
// invalidation in progress has ended. Otherwise the repeat waits for open
// flights, or is removed.
func (r *repeat) advance() {
	switch {
	case r.active || r.sending > 0:
	case r.client.life.Err() != nil:
		r.remove()
	case r.due && r.retain():
		r.active = true
		r.client.enqueue(r)
	case !r.due && r.left > 0 && r.unawaited:
		r.release()
	case !r.due && r.left > 0 && r.retain():
	default:
		r.remove()
	}
}

// retain makes Close wait for the repeat. It returns false if the client is
// closed.
func (r *repeat) retain() bool {
	if !r.held {
		r.held = r.client.work.Retain()
	}
	return r.held
}

func (r *repeat) release() {
	if r.held {
		r.held = false
		r.client.work.Done()
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
	r.left, r.due = 0, false
	r.release()
}

// dropRepeats removes the remaining repeats of a client whose life is over.
func (c *Client) dropRepeats() {
	fs := c.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var own []*repeat
	for _, all := range fs.repeats {
		for _, r := range all {
			if r.client == c {
				own = append(own, r)
			}
		}
	}
	for _, r := range own {
		r.advance()
	}
}

// maxRepeaters limits the repeaters of a client to a multiple of its
// concurrency. The end of one flight can make many repeats due, and all of them
// may have to wait.
const maxRepeaters = 16

// enqueue queues the repeat for one of the client's repeaters.
func (c *Client) enqueue(r *repeat) {
	c.ready = append(c.ready, r)
	c.helpRepeat()
}

// helpRepeat starts another repeater if it has work to do. Repeaters that wait
// for a retry do not count.
func (c *Client) helpRepeat() {
	most := min(c.cfg.concurrency+c.repeatsWait, maxRepeaters*c.cfg.concurrency)
	if len(c.ready) > 0 && c.repeaters < most {
		c.repeaters++
		c.work.Go(c.repeatAll)
	}
}

func (c *Client) repeatAll() {
	for r := c.nextReady(nil); r != nil; r = c.nextReady(r) {
		c.repeatOne(r)
	}
}

// nextReady ends a repeat, if one is given, and begins the next.
func (c *Client) nextReady(ended *repeat) *repeat {
	fs := c.flights
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if ended != nil {
		ended.active = false
		ended.advance()
	}
	if len(c.ready) == 0 {
		if c.repeaters--; c.repeaters == 0 {
			c.ready = nil
			c.repeatsDown.Store(false)
		}
		return nil
	}
	r := c.ready[0]
	c.ready[0] = nil
	c.ready = c.ready[1:]
	r.due = false
	return r
}

func (c *Client) repeatOne(r *repeat) {
	if c.life.Err() != nil {
		return // given up, which Close reports
	}
	ctx, cancel := c.detach(r.ctx)
	defer cancel()
	waited := 0
	c.logFailure(ctx, "after requests in flight", c.invalidateOne(ctx, &invalidation{
		dep:  r.dep,
		down: &c.repeatsDown,
		onWait: func() { // in place of this repeater
			c.flights.mu.Lock()
			defer c.flights.mu.Unlock()
			if waited++; waited == 1 {
				c.repeatsWait++
			}
			c.helpRepeat()
		},
	}))
	if waited > 0 {
		c.flights.mu.Lock()
		defer c.flights.mu.Unlock()
		c.repeatsWait--
	}
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
		c.work.Go(func() { r.work(ctx) })
	}
	<-r.finished
	for _, result := range r.results {
		c.logFailure(ctx, "in the second pass", result)
	}
}

// logFailure logs a failed invalidation in the background, because no caller
// sees its error.
func (c *Client) logFailure(ctx context.Context, when string, r InvalidateResult) {
	if r.Err != nil {
		c.cfg.logger.LogAttrs(ctx, slog.LevelError, "cachecore: invalidation in the background failed", slog.String("when", when), slog.Any("error", r.Err))
	}
}
