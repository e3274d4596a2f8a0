package devgateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// bypass forwards the request and leaves the cache alone.
func (g *Gateway) bypass(x *exchange, c call) error {
	x.status(Bypass, 0, 0)
	ctx, cancel := g.bound(x.request.Context())
	defer cancel()
	resp, err := g.send(ctx, c)
	if err != nil {
		return x.orLeft(err)
	}
	defer resp.Body.Close()
	return passOn(x, resp, func([]byte) {})
}

// fill calls the upstream and keeps the answer if it is whole. It calls landed
// once the answer has been kept or rejected, which is before the client has all
// of it, or when the upstream's timeout has passed.
func (g *Gateway) fill(x *exchange, q *cacheable, landed func()) error {
	x.status(Miss, 0, 0)
	// A stream stops when its client leaves. Any other answer is read to its
	// end, because it has been paid for and others may be waiting for it.
	bound := g.detach
	if q.call.stream {
		bound = g.bound
	}
	ctx, cancel := bound(x.request.Context())
	defer cancel()
	// A client that has stopped reading delays this call, but not the waiting
	// requests.
	defer context.AfterFunc(ctx, landed)()
	resp, err := g.send(ctx, q.call)
	if err != nil {
		return x.orLeft(err)
	}
	defer resp.Body.Close()
	if isMediaType(resp.Header.Get("Content-Type"), "text/event-stream") {
		return g.fillStream(x, q, resp, landed)
	}
	return g.fillWhole(x, q, resp, landed)
}

func (g *Gateway) fillStream(x *exchange, q *cacheable, resp *http.Response, landed func()) error {
	if !q.call.stream || !keepable(resp) {
		return passOn(x, resp, func([]byte) {})
	}
	rec := &sseRecorder{limit: g.bodyLimit}
	kept := false
	keep := func() {
		if body, ok := rec.recorded(); ok && !kept {
			kept = true
			g.keep(q, resp.Header.Get("Content-Type"), body)
			landed()
		}
	}
	// SDKs stop reading at the end mark, so the entry must be stored by then.
	if err := passOn(x, resp, func(p []byte) { rec.write(p); keep() }); err != nil {
		return err
	}
	rec.close()
	keep()
	return nil
}

func (g *Gateway) fillWhole(x *exchange, q *cacheable, resp *http.Response, landed func()) error {
	body, err := readAtMost(resp, g.bodyLimit)
	if err != nil {
		return x.orLeft(upstreamError(err))
	}
	whole := int64(len(body)) <= g.bodyLimit
	if whole && !q.call.stream && keepable(resp) && isAnswer(body) {
		g.keep(q, resp.Header.Get("Content-Type"), body)
	}
	landed()
	if x.left() {
		return errClientLeft
	}
	copyHeader(x.Header(), resp.Header)
	if whole {
		x.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	x.WriteHeader(resp.StatusCode)
	if _, err := x.Write(body); err != nil {
		return errClientLeft
	}
	if whole {
		return nil
	}
	return relay(x, resp.Body, func([]byte) {})
}

// passOn sends an answer as it arrives.
func passOn(x *exchange, resp *http.Response, seen func([]byte)) error {
	copyHeader(x.Header(), resp.Header)
	x.WriteHeader(resp.StatusCode)
	if err := x.flush(); err != nil {
		return errClientLeft
	}
	return relay(x, resp.Body, seen)
}

// relay copies a body without delay. It passes each piece to seen before
// sending it.
func relay(x *exchange, body io.Reader, seen func([]byte)) error {
	buf := make([]byte, maxWrite)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			seen(buf[:n])
			if _, err := x.Write(buf[:n]); err != nil {
				return errClientLeft
			}
			if err := x.flush(); err != nil {
				return errClientLeft
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return x.orLeft(upstreamError(err))
		}
	}
}

// orLeft returns err, or errClientLeft if the client's leaving caused err.
func (x *exchange) orLeft(err error) error {
	if x.left() {
		return errClientLeft
	}
	return err
}

// readAtMost reads an answer to its end, but at most one byte beyond limit.
func readAtMost(resp *http.Response, limit int64) ([]byte, error) {
	return readSized(io.LimitReader(resp.Body, limit+1), min(resp.ContentLength, limit+1))
}

// keepable reports whether the answer is a success that all clients can read.
func keepable(resp *http.Response) bool {
	encoded := func(encoding string) bool { return encoding != "" && !strings.EqualFold(encoding, "identity") }
	return resp.StatusCode == http.StatusOK && !slices.ContainsFunc(resp.Header.Values("Content-Encoding"), encoded)
}

// isAnswer reports whether body is a complete chat completion without an error.
func isAnswer(body []byte) bool {
	var completion struct {
		Choices []skipped `json:"choices"`
	}
	return json.Unmarshal(body, &completion) == nil && len(completion.Choices) > 0 && !hasError(body)
}
