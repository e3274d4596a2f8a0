package cachecore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// InvalidateResult is the receipt for the invalidation of one dep.
type InvalidateResult struct {
	Dep         Dep
	KeysDeleted int   // cached answers that the gateway dropped
	Attempts    int   // requests sent; both are 0 if another call sent a later version
	Err         error // nil, or an *InvalidateError
}

// Invalidate implements [Invalidator]. It drops the answers that depend on deps
// or on their wholes, several at a time, each dep once. The error joins an
// [InvalidateError] for each dep that failed. After one dep has used up the
// client's timeout, the rest get a single attempt each until one succeeds. So a
// call waits for an unreachable gateway once, not once for each dep.
//
// When ctx ends, Invalidate returns its error at once. The invalidations go on
// in the background, for up to the client's timeout for each dep: a committed
// write must not lose its invalidation because its caller hung up. A failure in
// the background is logged.
func (c *Client) Invalidate(ctx context.Context, deps ...Dep) error {
	var errs []error
	for _, r := range c.InvalidateMany(ctx, deps...) {
		if r.Err != nil {
			errs = append(errs, r.Err)
		}
	}
	return errors.Join(errs...)
}

// InvalidateMany works like [Client.Invalidate] and returns a receipt for each
// dep, in the order of [Expand]. For a dep that was still in progress when ctx
// ended, the receipt contains the context's error.
func (c *Client) InvalidateMany(ctx context.Context, deps ...Dep) []InvalidateResult {
	deps = Expand(deps...)
	r := newRun(c, deps)
	workers := r.workers()
	if workers == 0 {
		return r.results
	}
	if !c.work.Begin(workers) {
		return r.snapshot(ErrClosed)
	}
	r.prepare(ctx)
	for range workers {
		go func() {
			defer c.work.Done()
			r.work(ctx)
		}()
	}
	select {
	case <-r.finished:
		return r.results
	case <-ctx.Done():
		return r.snapshot(context.Cause(ctx))
	case <-c.life.Done(): // the base transport may not heed it
		return r.snapshot(ErrClosed)
	}
}

// run is one call of InvalidateMany.
type run struct {
	client   *Client
	first    bool    // not a second pass
	turns    []*turn // of versioned deps; nil without any
	next     atomic.Int64
	helpers  atomic.Int64 // workers in place of those that wait
	left     atomic.Int64 // valid deps that are not done
	down     atomic.Bool  // see invalidation
	finished chan struct{}

	mu        sync.Mutex
	results   []InvalidateResult
	done      []bool
	abandoned bool // later results have no reader
}

func newRun(c *Client, deps []Dep) *run {
	r := &run{client: c, finished: make(chan struct{}), results: make([]InvalidateResult, len(deps)), done: make([]bool, len(deps))}
	for i, d := range deps {
		r.results[i].Dep = d
		if err := d.Err(); err != nil {
			r.results[i].Err = &InvalidateError{Dep: d, Err: err}
			r.done[i] = true
			continue
		}
		r.left.Add(1)
	}
	return r
}

// workers returns the number of goroutines that the run needs.
func (r *run) workers() int { return min(int(r.left.Load()), r.client.cfg.concurrency) }

// prepare does the work of the first pass that depends on the time of the call:
// it gives turns to versioned deps and arranges for the second pass. A
// versioned dep has no second pass, because that could undo a later version of
// another process.
func (r *run) prepare(ctx context.Context) {
	r.first = true
	var again []Dep
	for i, result := range r.results {
		switch d := result.Dep; {
		case d.Err() != nil:
		case !d.versioned:
			again = append(again, d)
		default:
			if r.turns == nil {
				r.turns = make([]*turn, len(r.results))
			}
			r.turns[i] = r.client.order.take(d)
		}
	}
	if r.client.cfg.secondPass > 0 && len(again) > 0 {
		ctx = context.WithoutCancel(ctx)
		r.client.work.Go(func() { r.client.secondPass(ctx, again) })
	}
}

// work processes valid deps until all are done.
func (r *run) work(ctx context.Context) {
	ctx, cancel := r.client.detach(ctx)
	defer cancel()
	for {
		i := int(r.next.Add(1)) - 1
		if i >= len(r.results) {
			return
		}
		d := r.results[i].Dep // no goroutine changes it
		if d.Err() != nil {
			continue
		}
		inv := invalidation{dep: d, down: &r.down, onWait: func() { r.help(ctx) }}
		if d.versioned {
			inv.turn = r.turns[i]
		} else {
			inv.watch = r.first
		}
		result := r.client.invalidateOne(ctx, &inv)
		if inv.turn != nil {
			r.client.order.release(d, inv.turn)
		}
		r.mu.Lock()
		r.results[i], r.done[i] = result, true
		unread := r.abandoned
		r.mu.Unlock()
		if unread {
			r.client.logFailure(ctx, "after its caller hung up", result)
		}
		if r.left.Add(-1) == 0 {
			close(r.finished)
		}
	}
}

// help starts another worker in place of one that waits for a retry. It starts
// no more of them than there are workers: a gateway that is down must not get
// many attempts for each dep.
func (r *run) help(ctx context.Context) {
	if int(r.next.Load()) < len(r.results) && int(r.helpers.Add(1)) <= r.client.cfg.concurrency {
		r.client.work.Go(func() { r.work(ctx) })
	}
}

// snapshot returns the results so far, with err for those that are missing.
func (r *run) snapshot(err error) []InvalidateResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = true
	out := append([]InvalidateResult(nil), r.results...)
	for i := range out {
		if !r.done[i] {
			out[i].Err = &InvalidateError{Dep: out[i].Dep, Err: err}
		}
	}
	return out
}

// detach returns a context with the values of ctx. It ends only with the
// client.
func (c *Client) detach(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(c.life, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// invalidateOne carries out one invalidation. ctx must come from detach.
func (c *Client) invalidateOne(ctx context.Context, inv *invalidation) InvalidateResult {
	result := InvalidateResult{Dep: inv.dep}
	var err error
	result.KeysDeleted, result.Attempts, err = c.send(ctx, inv)
	if inv.repeat != nil {
		inv.repeat.endSending()
	}
	if err != nil {
		if c.life.Err() != nil {
			err = fmt.Errorf("%w: %w", ErrClosed, err)
		}
		result.Err = &InvalidateError{Dep: inv.dep, Attempts: result.Attempts, Err: err}
	}
	return result
}
