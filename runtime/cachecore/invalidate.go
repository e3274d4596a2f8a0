package cachecore

import (
	"context"
	"errors"
)

// InvalidateResult is the receipt for the invalidation of one dep.
type InvalidateResult struct {
	Dep         Dep
	KeysDeleted int   // cached answers that the gateway dropped; 0 if Folded
	Attempts    int   // requests that this call sent
	Folded      bool  // whether another call's request did the work or failed
	Err         error // nil, or an *InvalidateError
}

// Invalidate implements [Invalidator]. It drops the answers that depend on deps
// or on their wholes, several at a time, each dep once. The error joins an
// [InvalidateError] for each dep that failed. After one dep has used up the
// client's timeout, the rest get a single attempt each until one succeeds. So a
// call waits for an unreachable gateway once, not once for each dep.
//
// While a dep is being sent, all further calls for it share one request, which
// starts after they came. At most one request of a dep is in progress, and one
// is pending, however often it is invalidated. After a request has failed, later
// calls for the dep wait for its retry as well.
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
	r := newRun(ctx, c, CauseCall, Expand(deps...))
	workers := r.workers()
	if workers == 0 {
		return r.results
	}
	if !c.work.Begin(workers) {
		r.refuse(ctx)
		return r.results
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
		return r.soFar(context.Cause(ctx), true)
	case <-c.life.Done(): // the base transport may not heed it
		return r.soFar(ErrClosed, false)
	}
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
