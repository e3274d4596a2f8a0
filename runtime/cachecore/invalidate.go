package cachecore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

// InvalidateResult is the receipt for one dep.
type InvalidateResult struct {
	Dep         Dep
	KeysDeleted int   // cached answers that the gateway dropped
	Attempts    int   // requests sent
	Err         error // nil, or an *InvalidateError
}

// Invalidate implements [Invalidator]: it drops the answers that depend on deps,
// and on what they are part of, several at a time, each dep once. The error
// joins an [InvalidateError] for each dep that failed.
//
// When ctx ends, Invalidate returns its error at once, but what was asked for
// goes on in the background, for up to the client's timeout a dep: a write that has
// committed must not lose its invalidation to a caller who hung up. If that fails
// too, it is logged.
func (c *Client) Invalidate(ctx context.Context, deps ...Dep) error {
	var errs []error
	for _, r := range c.InvalidateMany(ctx, deps...) {
		if r.Err != nil {
			errs = append(errs, r.Err)
		}
	}
	return errors.Join(errs...)
}

// InvalidateMany is [Client.Invalidate] with a receipt for each dep, in the order
// of [Expand]. For a dep that was still under way when ctx ended, the receipt
// has the context's error.
func (c *Client) InvalidateMany(ctx context.Context, deps ...Dep) []InvalidateResult {
	r := newRun(c, Expand(deps...))
	if len(r.jobs) == 0 {
		return r.results
	}
	workers := min(len(r.jobs), c.cfg.concurrency)
	if !c.begin(workers) {
		return r.snapshot(ErrClosed)
	}
	c.repeatLater(ctx, r.jobs)
	r.left.Store(int64(len(r.jobs)))
	for range workers {
		go func() {
			defer c.done()
			r.work(context.WithoutCancel(ctx))
		}()
	}
	select {
	case <-r.finished:
		return r.results
	case <-ctx.Done():
		return r.snapshot(context.Cause(ctx))
	}
}

// run is one call of InvalidateMany.
type run struct {
	client   *Client
	jobs     []Dep // the valid ones
	at       []int // where their results go
	next     atomic.Int64
	left     atomic.Int64
	finished chan struct{}

	mu        sync.Mutex
	results   []InvalidateResult
	done      []bool
	abandoned bool // nobody reads the results that come now
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
		r.jobs = append(r.jobs, d)
		r.at = append(r.at, i)
	}
	return r
}

// work takes jobs until none is left.
func (r *run) work(ctx context.Context) {
	for {
		n := int(r.next.Add(1)) - 1
		if n >= len(r.jobs) {
			return
		}
		result := r.client.invalidateOne(ctx, r.jobs[n])
		r.mu.Lock()
		r.results[r.at[n]], r.done[r.at[n]] = result, true
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

// snapshot returns the results so far, and err for those that are not there yet.
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

// invalidateOne sends one invalidation when there is a slot, with its retries.
func (c *Client) invalidateOne(ctx context.Context, d Dep) InvalidateResult {
	result := InvalidateResult{Dep: d}
	hash := d.hash
	if !d.versioned {
		hash = uuid.NewString() // any new value: answers carry the default
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-c.life.Done():
		result.Err = &InvalidateError{Dep: d, Err: ErrClosed}
		return result
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.timeout)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()

	var err error
	result.KeysDeleted, result.Attempts, err = c.sendWithRetries(ctx, d.id, hash)
	if err != nil {
		if c.life.Err() != nil {
			err = fmt.Errorf("%w: %w", ErrClosed, err)
		}
		result.Err = &InvalidateError{Dep: d, Attempts: result.Attempts, Err: err}
	}
	return result
}
