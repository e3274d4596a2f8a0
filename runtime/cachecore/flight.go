package cachecore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// flight tracks one request with a token, from the moment before it is sent
// until it can no longer fill the cache.
type flight struct {
	of      *flights
	seq     uint64
	set     *depSet
	counted bool // by its deps; see flights
	ended   atomic.Bool
	values  [2]string // of the two headers
}

func (f *flight) deps() []Dep { return f.set.list() }

// end ends the flight, which may have filled the cache, or may still do so
// until d is over. Only the first call of end or endUnfilled has an effect.
func (f *flight) end(d time.Duration) {
	switch {
	case f.ended.Swap(true):
	case d == 0:
		f.of.settle(f, true)
	default:
		time.AfterFunc(d, func() { f.of.settle(f, true) })
	}
}

// endUnfilled ends the flight, which has not filled the cache and never will.
func (f *flight) endUnfilled() {
	if !f.ended.Swap(true) {
		f.of.settle(f, false)
	}
}

// follow watches the answer to see when it can no longer fill the cache. A hit
// and a bypass never fill it. A stale hit is refreshed in the background. An
// error may be retried by the SDK, with the prompt that it has. Every other
// answer fills the cache by its end.
func (f *flight) follow(ctx context.Context, resp *http.Response, c *Client) {
	window := c.cfg.fillWindow
	switch s := statusOf(resp.Header); {
	case s == HitL1, s == HitL2, s == Bypass:
		f.endUnfilled()
	case s == HitL1Stale:
		f.end(window)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		if mayBeRetried(resp) {
			f.end(window)
		} else {
			f.endUnfilled()
		}
	case resp.Body == nil, resp.Body == http.NoBody:
		f.end(0)
	}
	if resp.Body != nil && resp.Body != http.NoBody && resp.StatusCode != http.StatusSwitchingProtocols {
		resp.Body = &body{ReadCloser: resp.Body, ctx: ctx, client: c, flight: f, left: cmp.Or(resp.ContentLength, -1)}
	}
}

// mayBeRetried reports whether SDKs repeat a request after such an answer: as a
// retry, with a new credential or along a redirect.
func mayBeRetried(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return resp.StatusCode >= 500 || resp.StatusCode >= 300 && resp.StatusCode < 400 || resp.Header.Get("X-Should-Retry") == "true"
}

// body is the body of an answer. The flight does not refer to it, because it
// may stay open for the fill window.
type body struct {
	io.ReadCloser

	ctx    context.Context //nolint:containedctx // of the request
	client *Client
	flight *flight
	left   int64  // bytes still to come; -1 if unknown
	tail   []byte // the last bytes so far; see sawEndMark
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // readers compare it
		err = b.client.printableIn(b.ctx, err)
	}
	switch {
	case b.flight.ended.Load():
	case errors.Is(err, io.EOF), b.left == 0, b.sawEndMark(p[:n]):
		b.flight.end(0)
	case err != nil:
		b.flight.end(b.client.cfg.fillWindow)
	}
	return n, err
}

// endMark is the line that ends a stream of chat completions. Some SDKs stop
// reading there and close the body; the gateway has had the whole answer by
// then. JSON cannot contain the mark, because a JSON string has no line breaks.
const endMark = "\ndata: [DONE]"

// sawEndMark reports whether the body has reached the mark. p is its next
// piece.
func (b *body) sawEndMark(p []byte) bool {
	b.tail = append(b.tail, p...)
	if bytes.Contains(b.tail, []byte(endMark)) {
		return true
	}
	b.tail = append(b.tail[:0], b.tail[max(0, len(b.tail)-len(endMark)):]...)
	return false
}

// Close implements [io.Closer].
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.flight.end(b.client.cfg.fillWindow)
	return b.client.printableIn(b.ctx, err)
}
