package cachecore

import (
	"context"
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
	active    bool // being carried out
	held      bool // Close waits for it
	unawaited bool // Close need not wait for it
}

// beginSending starts to track the flights that carry the dep and end before
// endSending is called: they may fill the cache after the invalidation.
func (c *Client) beginSending(ctx context.Context, d Dep) *repeat {
	fs := c.flights
	fs.mu.Lock()
	defer fs.unlock()
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
	defer fs.unlock()
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
	defer fs.unlock()
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

// advance moves the repeat on. If it is due, it is carried out once the
// invalidation in progress has ended. Otherwise the repeat waits for open
// flights, or is removed.
func (r *repeat) advance() {
	switch {
	case r.active || r.sending > 0:
	case r.client.life.Err() != nil:
		r.remove()
	case r.due && r.retain():
		r.active, r.due = true, false
		r.client.work.Go(r.carryOut)
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
	if !r.held && r.client.work.Retain() {
		r.held = true
		r.client.unfinished(CauseLateFill, 1)
		if len(r.client.cfg.observers) > 0 {
			r.client.flights.later(func() { r.client.background(CauseLateFill, 1) })
		}
	}
	return r.held
}

func (r *repeat) release() {
	if !r.held {
		return
	}
	r.held = false
	r.client.unfinished(CauseLateFill, -1)
	if len(r.client.cfg.observers) == 0 {
		r.client.work.Done()
		return
	}
	r.client.flights.later(func() {
		r.client.background(CauseLateFill, -1)
		r.client.work.Done()
	})
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
	defer fs.unlock()
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

// carryOut invalidates the dep again.
func (r *repeat) carryOut() {
	c := r.client
	if c.life.Err() == nil { // otherwise given up, which Close reports
		ctx, cancel := c.detach(r.ctx)
		defer cancel()
		again := newRun(ctx, c, CauseLateFill, []Dep{r.dep})
		i, d := again.take()
		c.logFailure(ctx, CauseLateFill, again.invalidate(ctx, i, d))
	}
	c.flights.mu.Lock()
	defer c.flights.unlock()
	r.active = false
	r.advance()
}

// startSecondPass arranges for deps to be invalidated again.
func (c *Client) startSecondPass(ctx context.Context, deps []Dep) {
	c.background(CauseSecondPass, len(deps))
	c.unfinished(CauseSecondPass, len(deps))
	c.work.Go(func() {
		timer := time.NewTimer(c.cfg.secondPass)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.life.Done():
			c.background(CauseSecondPass, -len(deps))
			c.unfinished(CauseSecondPass, -len(deps))
			return
		}
		r := newRun(ctx, c, CauseSecondPass, deps)
		for range r.workers() {
			c.work.Go(func() { r.work(ctx) })
		}
	})
}
