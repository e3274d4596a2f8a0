package cachecore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// maxAnswer limits the bytes read of the answer to an invalidation.
const maxAnswer = 64 << 10

// temporary marks an error that a retry of the same request may resolve.
type temporary struct {
	error

	after time.Duration // the least wait that the gateway asks for
}

// invalidation is the invalidation of one dep.
type invalidation struct {
	run  *run
	dep  Dep
	turn turn

	deadline time.Time // set when a request for it is sent, or is waited for
	attempts int       // requests sent
	folded   bool      // the last attempt was another invalidation's
	last     error     // of the last attempt
	repeat   *repeat   // set when a request that is watched is sent
}

// startClock sets the deadline, the first time.
func (inv *invalidation) startClock() {
	if inv.deadline.IsZero() {
		inv.deadline = time.Now().Add(inv.run.client.cfg.timeout)
	}
}

// errNoResponse reports a base transport that breaks its contract.
var errNoResponse = errors.New("the base transport returned neither a response nor an error")

// errLate is returned by an attempt whose time ran out before it was sent.
var errLate = fmt.Errorf("not sent within the client's timeout: %w", context.DeadlineExceeded)

// invalidate carries out one invalidation, releases its turn and reports its
// end. ctx must come from detach.
func (c *Client) invalidate(ctx context.Context, inv *invalidation, begun time.Time) InvalidateResult {
	keys, err := c.send(ctx, inv)
	c.lanes.release(inv.dep, inv.turn)
	if inv.repeat != nil {
		inv.repeat.endSending()
	}
	result := InvalidateResult{Dep: inv.dep, KeysDeleted: keys, Attempts: inv.attempts, Folded: inv.folded}
	if err != nil {
		if c.life.Err() != nil {
			err = fmt.Errorf("%w: %w", ErrClosed, err)
		}
		result.Err = &InvalidateError{Dep: inv.dep, Attempts: inv.attempts, Err: err}
	}
	c.report(ctx, inv.run.cause, begun, result)
	return result
}

// send makes attempts until one succeeds or fails for good, the time runs out,
// or ctx ends. It returns the error of the last attempt.
func (c *Client) send(ctx context.Context, inv *invalidation) (keys int, err error) {
	r := inv.run
	inv.last = errLate
	for tries := 1; ; tries++ {
		keys, err := c.attempt(ctx, inv)
		var again *temporary
		switch {
		case err == nil:
			r.setDown(false)
			return keys, nil
		case errors.Is(err, errLate):
			if tries > 1 {
				r.setDown(true)
			}
			return 0, inv.last
		case !errors.As(err, &again):
			if tries > 1 && ctx.Err() != nil {
				return 0, inv.last
			}
			return 0, err
		}
		inv.last = again.error
		if tries == c.cfg.retry.MaxAttempts || r.isDown() {
			return 0, inv.last
		}
	}
}

// attempt posts the invalidation once, or takes part in an attempt of another
// invalidation of the dep: see [lanes].
func (c *Client) attempt(ctx context.Context, inv *invalidation) (keys int, err error) {
	mine, err := c.lanes.claim(ctx, inv)
	if !mine {
		return 0, err
	}
	if err := c.slot(ctx, inv.deadline); err != nil {
		c.lanes.end(inv.turn, 0, err, true)
		return 0, err
	}
	defer func() { <-c.slots }()
	inv.startClock()
	hash, last, watch := c.lanes.begin(inv.turn)
	if watch && inv.repeat == nil {
		inv.repeat = c.beginSending(ctx, inv.dep)
	}
	inv.attempts++
	keys, err = c.post(ctx, inv.deadline, inv.dep.id, hash)
	c.lanes.end(inv.turn, last, err, !time.Now().Before(inv.deadline))
	return keys, err
}

// slot waits for a slot, until the deadline if one is set.
func (c *Client) slot(ctx context.Context, deadline time.Time) error {
	if err := c.life.Err(); err != nil { // ctx follows, but not at once
		return err
	}
	select {
	case c.slots <- struct{}{}:
	default:
		late, stop := timerAt(deadline)
		defer stop()
		select {
		case c.slots <- struct{}{}:
		case <-late:
			return errLate
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if !deadline.IsZero() && !time.Now().Before(deadline) {
		<-c.slots
		return errLate
	}
	return nil
}

// timerAt returns a channel that receives at the deadline, or never if that is
// zero.
func timerAt(deadline time.Time) (at <-chan time.Time, stop func()) {
	if deadline.IsZero() {
		return nil, func() {}
	}
	timer := time.NewTimer(time.Until(deadline))
	return timer.C, func() { timer.Stop() }
}

// delay returns the wait after the given attempt: exponential, with jitter.
func (p RetryPolicy) delay(attempt int) time.Duration {
	d := p.BaseDelay
	for ; attempt > 1 && d < p.MaxDelay; attempt-- {
		d *= 2
	}
	d = min(d, p.MaxDelay)
	return d - rand.N(d/2+1) //nolint:gosec // jitter needs no secrecy
}

// post sends one request. Only 2xx with ok: true is success.
func (c *Client) post(ctx context.Context, deadline time.Time, id, hash string) (keys int, err error) {
	body, err := json.Marshal(wire.Invalidation{DepID: id, NewHash: hash})
	if err != nil {
		return 0, err
	}
	if attempt := time.Now().Add(c.cfg.retry.AttemptTimeout); attempt.Before(deadline) {
		deadline = attempt
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token.reveal())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	// Without an http.Client, which would follow redirects with the token.
	resp, err := c.cfg.base.RoundTrip(req)
	switch {
	case err != nil:
		return 0, &temporary{error: c.printable(err)}
	case resp == nil:
		return 0, errNoResponse
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return 0, c.refusal(resp, answer)
	}
	if err != nil {
		return 0, &temporary{error: fmt.Errorf("read the gateway's answer: %w", c.printable(err))}
	}
	return c.receipt(answer)
}

// refusal returns the error for an answer other than 2xx.
func (c *Client) refusal(resp *http.Response, answer []byte) error {
	after := wire.RetryAfter(resp.Header, time.Now())
	err := newError(resp.StatusCode, c.message(answer), after)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		return &temporary{error: err, after: after}
	}
	return err
}

func (c *Client) receipt(answer []byte) (keys int, err error) {
	if len(answer) > maxAnswer {
		return 0, fmt.Errorf("gateway answered more than %d bytes; check that the URL is that of a gateway", maxAnswer)
	}
	var receipt wire.Receipt
	if json.Unmarshal(answer, &receipt) != nil {
		return 0, errors.New("gateway's answer is not a receipt; check that the URL is that of a gateway")
	}
	if !receipt.OK {
		return 0, errors.New(strings.TrimSuffix("gateway did not invalidate: "+c.message(answer), ": "))
	}
	return receipt.KeysDeleted, nil
}
