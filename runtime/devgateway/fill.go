package devgateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
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
		g.unkept(x, q, x.failure(err))
		return x.orLeft(err)
	}
	defer resp.Body.Close()
	if isMediaType(resp.Header.Get("Content-Type"), "text/event-stream") {
		return g.fillStream(x, q, resp, landed)
	}
	return g.fillWhole(x, q, resp, landed)
}

func (g *Gateway) fillStream(x *exchange, q *cacheable, resp *http.Response, landed func()) error {
	why := unkeepable(resp)
	if why == "" && !q.call.stream {
		why = "a stream, which the request did not ask for"
	}
	if why != "" {
		g.unkept(x, q, why)
		return passOn(x, resp, func([]byte) {})
	}
	rec := &sseRecorder{limit: g.bodyLimit}
	offered := false
	keep := func() {
		if body, ok := rec.recorded(); ok && !offered {
			offered = true
			if err := g.keep(q, resp.Header.Get("Content-Type"), body); err != nil {
				x.reason.unkept = err.Error()
			}
			landed()
		}
	}
	// SDKs stop reading at the end mark, so the entry must be stored by then.
	err := passOn(x, resp, func(p []byte) { rec.write(p); keep() })
	if err == nil {
		rec.close()
		keep()
	}
	switch {
	case offered:
	case err != nil:
		g.unkept(x, q, x.failure(err))
	default:
		g.unkept(x, q, rec.why())
	}
	return err
}

func (g *Gateway) fillWhole(x *exchange, q *cacheable, resp *http.Response, landed func()) error {
	body, err := readAtMost(resp, g.bodyLimit)
	if err != nil {
		err = upstreamError(err)
		g.unkept(x, q, x.failure(err))
		return x.orLeft(err)
	}
	whole := int64(len(body)) <= g.bodyLimit
	if why := g.unfitAnswer(q, resp, body); why != "" {
		g.unkept(x, q, why)
	} else if err := g.keep(q, resp.Header.Get("Content-Type"), body); err != nil {
		x.reason.unkept = err.Error()
	} else {
		x.stored = true
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
