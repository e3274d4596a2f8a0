package simulation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing/iotest"
	"time"
)

// Keys of the values in the contexts of requests: a request for a question
// carries the question, and a request for a write carries the write. On its way
// it also carries all writes that it counts for.
type (
	questionKey struct{}
	writeKey    struct{}
	coveredKey  struct{}
)

var errLost = errors.New("connection lost")

// network connects the processes to the gateway.
type network struct {
	*dice

	world   *world
	weather *weather
	gateway *gateway
}

// RoundTrip implements [http.RoundTripper]. It is called after the client has
// recorded the request, so it reads the question's document at this moment. It
// also finds the writes that an invalidation counts for: those before it.
func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	if q, ok := ctx.Value(questionKey{}).(*question); ok && !n.gateway.llm.atOnce {
		n.world.read(q)
	}
	if c, ok := ctx.Value(writeKey{}).(*write); ok {
		req = req.WithContext(context.WithValue(ctx, coveredKey{}, n.world.coveredBy(c)))
	}

	f := n.weather.fate()
	answer, hangUp := n.send(req, body, f)
	resp, err := n.await(ctx, f, answer)
	if err != nil && n.chance(0.5) {
		hangUp() // otherwise the gateway does not notice
	}
	return resp, err
}

// send sends the request. It returns a channel for the answer, and a function
// that tells the gateway that the sender has stopped waiting.
func (n *network) send(req *http.Request, body []byte, f fate) (answer <-chan *http.Response, hangUp context.CancelFunc) {
	if !f.arrives {
		return nil, func() {}
	}
	ctx, hangUp := context.WithCancel(context.WithoutCancel(req.Context()))
	sent := req.Clone(ctx)
	sent.Body = io.NopCloser(bytes.NewReader(body))
	latency := f.held + n.between(1*time.Millisecond, 20*time.Millisecond)
	back := n.between(1*time.Millisecond, 20*time.Millisecond)
	if _, invalidates := req.Context().Value(writeKey{}).(*write); invalidates && n.gateway.llm.atOnce {
		back *= 10 // what changes meanwhile must be invalidated again
	}
	arrives := make(chan *http.Response, 1)
	go func() {
		defer hangUp()
		time.Sleep(latency)
		resp := n.deliver(sent)
		time.Sleep(back)
		arrives <- resp
	}()
	return arrives, hangUp
}

// deliver passes a request to the gateway.
func (n *network) deliver(req *http.Request) *http.Response {
	q, asks := req.Context().Value(questionKey{}).(*question)
	if asks {
		n.world.read(q) // now, if the model answers at once
		req.Header.Set(headerVersion, strconv.FormatInt(q.version.Load(), 10))
	}
	resp := n.gateway.serve(req)
	switch {
	case resp == nil:
	case asks && resp.StatusCode == http.StatusOK && resp.Header.Get("X-Cache") == "MISS":
		n.world.log(q.doc, "answer cached", q.version.Load())
	case !asks && resp.StatusCode == http.StatusOK:
		covered, _ := req.Context().Value(coveredKey{}).([]*write)
		for _, c := range covered {
			c.arrived.Store(true)
			n.world.log(c.doc, "invalidated", c.version)
		}
	}
	return resp
}

// await returns the response or error that the sender gets.
func (n *network) await(ctx context.Context, f fate, answer <-chan *http.Response) (*http.Response, error) {
	var broken <-chan time.Time
	if f.breaks > 0 {
		broken = time.After(f.breaks)
	}
	if f.status != 0 || f.lost && !f.arrives {
		broken = time.After(n.between(1*time.Millisecond, 20*time.Millisecond))
	}
	var resp *http.Response
	select {
	case resp = <-answer:
	case <-broken:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch {
	case f.status != 0:
		return n.intercepted(f.status), nil
	case resp == nil || f.lost:
		return nil, errLost
	case f.cut:
		start := io.LimitReader(resp.Body, 1)
		resp.Body = io.NopCloser(io.MultiReader(start, iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return resp, nil
}

// intercepted returns an answer that does not come from the gateway.
func (n *network) intercepted(status int) *http.Response {
	resp := response(status, `{"error":{"message":"`+strings.ToLower(http.StatusText(status))+`"}}`)
	if status == http.StatusTooManyRequests {
		resp.Header.Set("Retry-After", strconv.Itoa(1+n.below(3)))
	}
	return resp
}
