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
)

// maxAnswer bounds what is read of the answer to an invalidation, in bytes.
const maxAnswer = 64 << 10

// temporary marks errors after which the same request may succeed.
type temporary struct {
	error

	after time.Duration // the least wait that the gateway asks for
}

// sendWithRetries posts one invalidation until it succeeds, fails for good, its
// time is over, or ctx ends. The error is that of the last attempt.
//
// The deps of one call share down: it says that one of them has used up its time
// and none has succeeded since, so that the others do not each wait as long.
func (c *Client) sendWithRetries(ctx context.Context, down *atomic.Bool, id, hash string) (keys, attempts int, err error) {
	deadline := time.Now().Add(c.cfg.timeout)
	body, err := json.Marshal(struct {
		DepID   string `json:"dep_id"`
		NewHash string `json:"new_hash"`
	}{id, hash})
	if err != nil {
		return 0, 0, err
	}
	for attempts = 1; ; attempts++ {
		keys, err = c.post(ctx, deadline, body)
		var again *temporary
		if !errors.As(err, &again) {
			if err == nil {
				down.Store(false)
			}
			return keys, attempts, err
		}
		err = again.error
		if attempts == c.cfg.retry.MaxAttempts || down.Load() {
			return 0, attempts, err
		}
		wait := max(c.cfg.retry.delay(attempts), again.after)
		if time.Until(deadline) < wait {
			down.Store(true)
			return 0, attempts, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return 0, attempts, err
		}
	}
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
func (c *Client) post(ctx context.Context, deadline time.Time, body []byte) (keys int, err error) {
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
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, &temporary{error: c.redactError(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return 0, c.refusal(resp, answer)
	}
	if err != nil {
		return 0, &temporary{error: fmt.Errorf("read the gateway's answer: %w", err)}
	}
	return c.receipt(answer)
}

// refusal returns the error for an answer other than 2xx.
func (c *Client) refusal(resp *http.Response, answer []byte) error {
	after := parseRetryAfter(resp.Header.Get("Retry-After"), time.Now())
	err := newError(resp.StatusCode, c.message(answer), after)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500 {
		return &temporary{error: err, after: after}
	}
	return err
}

// message returns what an answer says, in OpenAI's shape or as plain text.
func (c *Client) message(answer []byte) string {
	text := string(answer)
	var shape struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &shape) == nil && shape.Error.Message != "" {
		text = shape.Error.Message
	}
	return oneLine(c.redact(text))
}

// redact takes the token out of text that the gateway sent.
func (c *Client) redact(text string) string {
	text = strings.ReplaceAll(text, c.token.reveal(), "[token]")
	return strings.ReplaceAll(text, c.transport.jwt.reveal(), "[token]")
}

// redactError returns err, or its text alone if that quotes the token, as it does
// when an answer that is not HTTP echoes the request.
func (c *Client) redactError(err error) error {
	text := err.Error()
	if redacted := c.redact(text); redacted != text {
		return errors.New(redacted)
	}
	return err
}

func (c *Client) receipt(answer []byte) (keys int, err error) {
	if len(answer) > maxAnswer {
		return 0, fmt.Errorf("gateway answered more than %d bytes: check that the URL is that of a gateway", maxAnswer)
	}
	var receipt struct {
		OK          bool `json:"ok"`
		KeysDeleted int  `json:"keys_deleted"`
	}
	if err := json.Unmarshal(answer, &receipt); err != nil {
		return 0, fmt.Errorf("gateway's answer is not a receipt: %s: check that the URL is that of a gateway", oneLine(c.redact(err.Error())))
	}
	if !receipt.OK {
		return 0, fmt.Errorf("gateway did not invalidate: %s", c.message(answer))
	}
	return receipt.KeysDeleted, nil
}
