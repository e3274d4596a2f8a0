package devgateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/depgen/depgen/runtime/devgateway/internal/tenant"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// upstreamURL is the URL of requests to an upstream. The upstream replaces the
// host.
const upstreamURL = "http://upstream.invalid" + wire.PathCompletions

// forwarded lists the request headers that the upstream gets in addition to
// Authorization.
var forwarded = []string{
	"Accept", "Content-Type", "User-Agent", "Traceparent", "Tracestate",
	"OpenAI-Beta", "OpenAI-Organization", "OpenAI-Project",
}

// call is a request to the upstream, separate from the client's request so that
// it can be repeated.
type call struct {
	header http.Header
	body   []byte
	stream bool // whether the body asks for a stream
}

func newCall(from http.Header, body []byte) call {
	h := http.Header{}
	for _, name := range forwarded {
		if v := from.Values(name); len(v) > 0 {
			h[http.CanonicalHeaderKey(name)] = v
		}
	}
	if key := tenant.UpstreamKey(from); key != "" {
		h.Set("Authorization", key)
	}
	// Cached answers are served to clients that may not know the encoding.
	h.Set("Accept-Encoding", "identity")
	return call{header: h, body: body}
}

// send calls the upstream. The caller answers with the error if it is not nil.
func (g *Gateway) send(ctx context.Context, c call) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, upstreamURL, bytes.NewReader(c.body))
	if err != nil {
		return nil, upstreamError(err)
	}
	req.Header = c.header.Clone()
	resp, err := g.upstream.RoundTrip(req)
	if err != nil {
		return nil, upstreamError(err)
	}
	if resp == nil {
		return nil, upstreamError(errors.New("the upstream returned neither an answer nor an error"))
	}
	// A hand-written RoundTripper may leave out fields that net/http's always
	// sets.
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.StatusCode < http.StatusOK || resp.StatusCode > 999 {
		resp.Body.Close()
		return nil, upstreamError(fmt.Errorf("the upstream answered with the status %d", resp.StatusCode))
	}
	if resp.StatusCode/100 == 3 {
		resp.Body.Close()
		// After a redirect, every SDK would send a GET without a body.
		return nil, &apiError{
			status: http.StatusBadGateway, code: codeRedirect,
			message: "the upstream answered with a redirect; give the gateway its final address",
		}
	}
	return resp, nil
}

// detach returns a context that outlives the client, but ends with the
// upstream's timeout and with the gateway.
func (g *Gateway) detach(ctx context.Context) (context.Context, context.CancelFunc) {
	return g.bound(context.WithoutCancel(ctx))
}

func (g *Gateway) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, g.upstreamTimeout)
	unlink := context.AfterFunc(g.stopped, cancel)
	return ctx, func() { unlink(); cancel() }
}

// upstreamError keeps the cause for the log only, because it can name internal
// addresses.
func upstreamError(cause error) *apiError {
	e := &apiError{
		status: http.StatusBadGateway, code: "upstream_failed", cause: cause,
		message: "the upstream gave no whole answer; the gateway's log says why",
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		e.status, e.code = http.StatusGatewayTimeout, "upstream_timeout"
	}
	return e
}

// copyHeader copies the upstream headers that clients need. It drops headers
// that would speak for this server: cookies, caching by others, and access from
// other origins.
func copyHeader(to, from http.Header) {
	for name, values := range from {
		switch name {
		case "Content-Type", "Content-Encoding", "Retry-After", "Retry-After-Ms", "X-Request-Id", "X-Should-Retry":
		default:
			if !strings.HasPrefix(name, "Openai-") && !strings.HasPrefix(name, "X-Ratelimit-") {
				continue
			}
		}
		to[name] = values
	}
}
