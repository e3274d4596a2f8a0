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
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// maxAnswer limits the bytes read of the answer to an invalidation.
const maxAnswer = 64 << 10

// temporary marks an error that a retry of the same request may resolve.
type temporary struct {
	error

	after time.Duration // the least wait that the gateway asks for
}

// invalidation describes one dep to be invalidated.
type invalidation struct {
	dep   Dep
	turn  *turn // of a versioned dep
	watch bool  // whether to repeat it after the flights that carry the dep

	// The deps of one call share down. It is set after one dep has used up its
	// time and before another succeeds, so that the rest do not each wait as
	// long.
	down *atomic.Bool

	onWait func() // called before each wait for a retry; may be nil

	hash     string    // new, of a dep without a version
	deadline time.Time // set when the first request is sent
	repeat   *repeat   // set then, to watch
}

// errNoResponse reports a base transport that breaks its contract.
var errNoResponse = errors.New("the base transport returned neither a response nor an error")

// errLate is returned by an attempt whose time ran out before it was sent.
var errLate = fmt.Errorf("not sent within the client's timeout: %w", context.DeadlineExceeded)

// send posts the invalidation until it succeeds, fails for good, runs out of
// time, or ctx ends. It returns the error of the last attempt.
func (c *Client) send(ctx context.Context, inv *invalidation) (keys, attempts int, err error) {
	last := errLate
	for tries := 1; ; tries++ {
		keys, sent, err := c.attempt(ctx, inv)
		if sent {
			attempts++
		}
		var again *temporary
		switch {
		case errors.Is(err, errLate):
			inv.down.Store(inv.down.Load() || attempts > 0)
			return 0, attempts, last
		case !errors.As(err, &again):
			if err == nil {
				inv.down.Store(false)
			}
			return keys, attempts, err
		}
		last = again.error
		if tries == c.cfg.retry.MaxAttempts || inv.down.Load() {
			return 0, attempts, last
		}
		wait := max(c.cfg.retry.delay(tries), again.after)
		if time.Until(inv.deadline) < wait {
			inv.down.Store(true)
			return 0, attempts, last
		}
		if inv.onWait != nil {
			inv.onWait()
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return 0, attempts, last
		}
	}
}

// attempt posts the invalidation once. For a versioned dep, another call's
// attempt may count instead: see [order.send].
func (c *Client) attempt(ctx context.Context, inv *invalidation) (keys int, sent bool, err error) {
	post := func(next func() string) (int, error) {
		if err := c.slot(ctx, inv.deadline); err != nil {
			return 0, err
		}
		defer func() { <-c.slots }()
		if inv.deadline.IsZero() {
			inv.deadline = time.Now().Add(c.cfg.timeout)
		}
		if inv.watch && inv.repeat == nil {
			inv.repeat = c.beginSending(ctx, inv.dep)
		}
		sent = true
		return c.post(ctx, inv.deadline, inv.dep.id, next())
	}
	if inv.turn == nil {
		if inv.hash == "" {
			inv.hash = uuid.NewString() // any new value: answers carry the default
		}
		keys, err = post(func() string { return inv.hash })
		return keys, sent, err
	}
	deadline := inv.deadline
	if deadline.IsZero() {
		deadline = time.Now().Add(c.cfg.timeout)
	}
	keys, err = c.order.send(ctx, deadline, inv.turn, post)
	if inv.deadline.IsZero() { // another call's attempt served it
		inv.deadline = deadline
	}
	return keys, sent, err
}

// slot waits for a slot, until the deadline if one is set.
func (c *Client) slot(ctx context.Context, deadline time.Time) error {
	if err := c.life.Err(); err != nil { // ctx follows, but not at once
		return err
	}
	select {
	case c.slots <- struct{}{}:
	default:
		var late <-chan time.Time
		if !deadline.IsZero() {
			timer := time.NewTimer(time.Until(deadline))
			defer timer.Stop()
			late = timer.C
		}
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
	body, err := json.Marshal(struct {
		DepID   string `json:"dep_id"`
		NewHash string `json:"new_hash"`
	}{id, hash})
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
	var receipt struct {
		OK          bool `json:"ok"`
		KeysDeleted int  `json:"keys_deleted"`
	}
	if json.Unmarshal(answer, &receipt) != nil {
		return 0, errors.New("gateway's answer is not a receipt; check that the URL is that of a gateway")
	}
	if !receipt.OK {
		return 0, errors.New(strings.TrimSuffix("gateway did not invalidate: "+c.message(answer), ": "))
	}
	return receipt.KeysDeleted, nil
}
