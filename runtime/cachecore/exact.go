package cachecore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/internal/exact"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// ErrNoGetBody is the reason in [CacheStatus.Err] for a request of [ExactOnly]
// that goes uncached because it could not be sent twice.
var ErrNoGetBody = errors.New("request has a body and no GetBody, so ExactOnly cannot send it again; set its GetBody")

// ExactOnly returns a context whose requests accept no answer to a similar
// question. A HIT_L2 is discarded and the request sent again as a bypass, with
// a body from its GetBody. [Call.Statuses] has the refused HIT_L2 and then the
// bypass. Without GetBody, a request with a body is a bypass from the start.
//
// A CDN may add or replace X-Cache values. So an answer counts as HIT_L2 if any
// value is HIT_L2, or if the status is unknown and the similarity is between 0
// and 1. A proxy that strips both headers defeats ExactOnly, and so does one
// that replaces HIT_L2 by another known status.
//
// The gateway does not keep the answer to a bypass, and may limit their number:
// to keep similar questions apart, [Scope] costs less.
func ExactOnly(ctx context.Context) context.Context {
	return exact.With(ctx)
}

// refuses reports whether the answer must not reach the caller. If in doubt, an
// answer may be to a similar question.
func (p plan) refuses(resp *http.Response) bool {
	if !p.exact {
		return false
	}
	for _, line := range resp.Header[wire.HeaderStatus] {
		for value := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(value) == wire.HitL2 {
				return true
			}
		}
	}
	s := ParseStatus(resp.Header)
	return s.Status == Unknown && s.Similarity > 0 && s.Similarity < 1
}

// sendBypass sends the request without token and deps.
func (t *Transport) sendBypass(req *http.Request, p plan) (*http.Response, error) {
	resp, err := t.send(t.withoutTenant(req), p)
	if err == nil && p.refuses(resp) {
		discard(resp)
		return nil, errors.New("cachecore: ExactOnly: gateway answered a bypass with a HIT_L2; it must not look up requests without a token")
	}
	return resp, err
}

// sendAgain sends a request, whose answer was refused, as a bypass.
func (t *Transport) sendAgain(req *http.Request, p plan) (*http.Response, error) {
	again := req.WithContext(req.Context()) // a copy
	if hasBody(req) {
		body, err := req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("cachecore: ExactOnly: body of the second request: %w", err)
		}
		again.Body = body
	}
	p.route, p.again = bypass, true
	return t.sendBypass(again, p)
}

// repeatable reports whether the request can be sent twice.
func repeatable(req *http.Request) bool { return !hasBody(req) || req.GetBody != nil }

func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

// Limits of how much of a refused answer is read, in bytes, and for how long.
const (
	maxDrained   = 16 << 10
	maxDrainTime = 50 * time.Millisecond
)

// discard closes the body of an answer. It reads a short body to its end first,
// so that the connection is kept. A body may pause, so there is not much time
// for this, and a stream is not read.
func discard(resp *http.Response) {
	if resp.Body == nil {
		return
	}
	closeOnce := sync.OnceFunc(func() { _ = resp.Body.Close() })
	defer closeOnce()
	if resp.ContentLength <= maxDrained && !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		defer time.AfterFunc(maxDrainTime, closeOnce).Stop()
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrained+1) // beyond the end, to see it
	}
}
