package cachecore

import (
	"context"
	"errors"
	"sync"
	"time"
)

// run is one call of InvalidateMany, a second pass, or the repetition of one
// dep after a late fill.
type run struct {
	client   *Client
	cause    Cause
	begun    time.Time // zero unless observed
	turns    []turn    // of versioned deps; nil without any
	finished chan struct{}

	mu      sync.Mutex
	results []InvalidateResult // with errUnfinished before they are done
	next    int                // the next result to work on
	left    int                // results that are not done
	helpers int                // workers in place of those that wait
	hungUp  bool               // later results have no reader

	// down is set after one dep has used up its time and before another
	// succeeds, so that the rest do not each wait as long.
	down bool
}

// errUnfinished marks the result of a dep that is not done. Callers never see it.
var errUnfinished = errors.New("unfinished")

func newRun(ctx context.Context, c *Client, cause Cause, deps []Dep) *run {
	r := &run{client: c, cause: cause, begun: c.now(ctx), finished: make(chan struct{}), results: make([]InvalidateResult, len(deps))}
	for i, d := range deps {
		r.results[i] = InvalidateResult{Dep: d, Err: errUnfinished}
		if err := d.Err(); err != nil {
			r.results[i].Err = &InvalidateError{Dep: d, Err: err}
			c.report(ctx, cause, r.begun, r.results[i])
			continue
		}
		r.left++
	}
	return r
}

// workers returns the number of goroutines that the run needs.
func (r *run) workers() int { return min(r.left, r.client.cfg.concurrency) }

// refuse ends all deps of a run whose client is closed.
func (r *run) refuse(ctx context.Context) {
	for i := range r.results {
		if result := &r.results[i]; result.unfinished() {
			result.Err = &InvalidateError{Dep: result.Dep, Err: ErrClosed}
			r.client.report(ctx, r.cause, r.begun, *result)
		}
	}
}

func (r *InvalidateResult) unfinished() bool { return errors.Is(r.Err, errUnfinished) }

// prepare does the work of a call that depends on its time: it gives turns to
// versioned deps and arranges for the second pass. A versioned dep has no
// second pass, because that could undo a later version of another process.
func (r *run) prepare(ctx context.Context) {
	c := r.client
	var again []Dep
	for i, result := range r.results {
		switch d := result.Dep; {
		case !result.unfinished():
		case d.versioned:
			if r.turns == nil {
				r.turns = make([]turn, len(r.results))
			}
			r.turns[i] = c.lanes.take(d, false)
		case c.cfg.secondPass > 0:
			again = append(again, d)
		}
	}
	c.unfinished(CauseCall, r.left)
	if len(again) > 0 {
		c.startSecondPass(context.WithoutCancel(ctx), again)
	}
}

// work processes valid deps until all are taken.
func (r *run) work(ctx context.Context) {
	ctx, cancel := r.client.detach(ctx)
	defer cancel()
	for i, d := r.take(); i >= 0; i, d = r.take() {
		r.end(ctx, i, r.invalidate(ctx, i, d))
	}
}

// invalidate carries out the invalidation of one dep. ctx must come from detach.
func (r *run) invalidate(ctx context.Context, i int, d Dep) InvalidateResult {
	inv := invalidation{run: r, dep: d}
	if d.versioned {
		inv.turn = r.turns[i]
	} else {
		inv.turn = r.client.lanes.take(d, r.cause == CauseCall)
	}
	return r.client.invalidate(ctx, &inv, r.begun)
}

// take returns the index of the next valid dep, or -1.
func (r *run) take() (i int, d Dep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.next < len(r.results) {
		i := r.next
		r.next++
		if r.results[i].unfinished() {
			return i, r.results[i].Dep
		}
	}
	return -1, Dep{}
}

// end sets a result.
func (r *run) end(ctx context.Context, i int, result InvalidateResult) {
	r.mu.Lock()
	r.results[i] = result
	unread := r.hungUp
	r.mu.Unlock()
	if unread || r.cause != CauseCall {
		r.client.logFailure(ctx, r.cause, result)
		r.client.background(r.cause, -1)
	}
	r.client.unfinished(r.cause, -1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left--; r.left == 0 {
		close(r.finished)
	}
}

// help starts another worker in place of one that waits for a retry. It starts
// no more of them than there are workers: a gateway that is down must not get many
// attempts for each dep.
func (r *run) help(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next < len(r.results) && r.helpers < r.client.cfg.concurrency {
		r.helpers++
		r.client.work.Go(func() { r.work(ctx) })
	}
}

// soFar returns the results so far, with err for those that are missing. If the
// caller hung up, these go on in the background.
func (r *run) soFar(err error, hungUp bool) []InvalidateResult {
	told := 0
	if hungUp { // before an end can be counted, so that no sum is negative
		told = r.missing()
		r.client.background(CauseCall, told)
	}
	out, missing := r.snapshot(err, hungUp)
	if hungUp {
		r.client.background(CauseCall, missing-told)
	}
	return out
}

// missing returns how many results are not set.
func (r *run) missing() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.results {
		if r.results[i].unfinished() {
			n++
		}
	}
	return n
}

func (r *run) snapshot(err error, hungUp bool) (out []InvalidateResult, missing int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hungUp = r.hungUp || hungUp
	out = append(out, r.results...)
	for i := range out {
		if out[i].unfinished() {
			missing++
			out[i].Err = &InvalidateError{Dep: out[i].Dep, Err: err}
		}
	}
	return out, missing
}

func (r *run) isDown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.down
}

func (r *run) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}
