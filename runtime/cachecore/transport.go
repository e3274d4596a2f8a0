package cachecore

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/internal/exact"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// Transport is an [http.RoundTripper] that adds the tenant's token and the deps
// of the request's context to requests to the gateway. It also records the
// cache status of the gateway's answers.
//
// Requests to any other scheme, host or port get neither token nor deps, such
// as an SDK's side requests and redirects. The same holds for requests to the
// gateway at a path that ends in /oauth/token, where an SDK fetches a
// credential of its own. [Client.Transport] returns the transport. It is safe
// for concurrent use.
type Transport struct {
	client  *Client
	jwt     secret // the token without its cc_live_ prefix: the gateway takes both forms
	foreign foreignHosts
}

func newTransport(c *Client) *Transport {
	jwt := wire.JWT(c.token.reveal())
	return &Transport{client: c, jwt: secret{&jwt}}
}

// RoundTrip implements [http.RoundTripper]. It does not change req and never
// reads a body, except to discard an answer that [ExactOnly] refuses. It
// returns the base transport's answers and errors unchanged, except for errors
// whose text may quote an answer, because an answer may echo the token.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.client == nil || req.URL == nil {
		closeBody(req)
		return nil, errors.New("cachecore: transport without a client or request without a URL; take it from Client.Transport")
	}
	p := t.plan(req)
	switch p.route {
	case passOn:
		if p.foreign {
			t.warnOfForeign(req)
		}
		return t.client.cfg.base.RoundTrip(t.withoutTenant(req))
	case bypass:
		p.warn(req.Context(), t.client.cfg.logger)
		return t.sendBypass(req, p)
	default:
		resp, err := t.sendTagged(req, p)
		if err == nil && p.refuses(resp) {
			discard(resp)
			return t.sendAgain(req, p)
		}
		return resp, err
	}
}

// sendTagged sends the request with token and deps, and follows it to its end,
// because it may be filling the cache. It also follows requests without deps,
// because an answer depends on the tenant's policy.
func (t *Transport) sendTagged(req *http.Request, p plan) (*http.Response, error) {
	out := clone(req)
	// A gateway refuses a header that it gets twice, in any spelling.
	maps.DeleteFunc(out.Header, isProtocols)
	f := &flight{set: p.set}
	f.values[0] = t.client.token.reveal()
	out.Header[wire.HeaderToken] = f.values[0:1:1]
	if p.set != nil {
		f.values[1] = p.set.header
		out.Header[wire.HeaderDeps] = f.values[1:2:2]
	}

	t.client.flights.begin(f)
	answered := false
	defer func() {
		if !answered { // an error, or a panic of the base transport
			f.end(t.client.cfg.fillWindow)
		}
	}()
	resp, err := t.send(out, p)
	if err != nil {
		return nil, err
	}
	answered = true
	f.follow(req.Context(), resp, t.client)
	return resp, nil
}

// send calls the base transport and reports the answer's status.
func (t *Transport) send(req *http.Request, p plan) (*http.Response, error) {
	ctx := req.Context()
	watched := t.client.observed(ctx)
	var begun time.Time
	if watched {
		begun = time.Now()
	}
	resp, err := t.client.cfg.base.RoundTrip(req)
	switch {
	case err != nil:
		resp, err = nil, t.client.printableIn(ctx, err)
	case resp == nil:
		err = errNoResponse
	}
	call := callFrom(ctx)
	if call == nil && !watched {
		return resp, err
	}
	status := p.status(resp)
	if status.Status != Unknown || status.Err != nil {
		call.add(status)
	}
	if watched {
		event := RequestEvent{Deps: p.declared.list(), Coarsened: p.coarsened(), Status: status, Duration: time.Since(begun), Err: err}
		if resp != nil {
			event.Code = resp.StatusCode
		}
		if status.Refused {
			ctx = exact.WithSent(ctx, req)
		}
		t.client.observeRequest(ctx, event)
	}
	return resp, err
}

func (t *Transport) warnOfForeign(req *http.Request) {
	host := req.URL.Host
	if !t.foreign.first(host) {
		return
	}
	attr := slog.String("host", host)
	if req.Response != nil { // the gateway chose the host, which may be any text
		attr = slog.Bool("redirect", true)
	}
	t.client.cfg.logger.LogAttrs(req.Context(), slog.LevelWarn, "cachecore: request to another host than the gateway gets neither token nor deps",
		attr, slog.String("gateway", t.client.origin.String()))
}

// withoutTenant returns the request without the headers that carry the token or
// deps, as a copy if it has such headers. An http.Client copies headers along a
// redirect to another host.
func (t *Transport) withoutTenant(req *http.Request) *http.Request {
	carries := false
	for name, values := range req.Header {
		carries = carries || t.namesTenant(name, values)
	}
	if !carries {
		return req
	}
	out := clone(req)
	maps.DeleteFunc(out.Header, t.namesTenant)
	return out
}

// isProtocols reports whether the header is part of the wire protocol, in any
// spelling.
func isProtocols(name string, _ []string) bool {
	return strings.EqualFold(name, wire.HeaderToken) || strings.EqualFold(name, wire.HeaderDeps)
}

// namesTenant reports whether the header is part of the wire protocol, in any
// spelling, or contains the tenant's token. SDKs put their API key into
// Authorization, X-Api-Key or a header of their own.
func (t *Transport) namesTenant(name string, values []string) bool {
	return isProtocols(name, values) ||
		slices.ContainsFunc(values, func(v string) bool {
			return holdsWord(v, t.jwt.reveal()) || holdsWord(basicCredentials(v), t.jwt.reveal())
		})
}

// basicCredentials returns the decoded credentials of a basic authentication
// value. It returns an empty string for a value of another form.
func basicCredentials(value string) string {
	fields := strings.Fields(value)
	if len(fields) != 2 || !strings.EqualFold(fields[0], "basic") {
		return ""
	}
	// Some clients use the other alphabet, or leave the padding out.
	encoded := strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(fields[1])
	credentials, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return ""
	}
	return string(credentials)
}

// holdsWord reports whether text contains the word, but not as a piece of a
// longer one: a token "json" is not in "application/jsonlines". A hyphen may
// precede it, as in a key that begins with sk-.
func holdsWord(text, word string) bool {
	for begin := 0; ; begin++ {
		i := strings.Index(text[begin:], word)
		if i < 0 {
			return false
		}
		begin += i
		before, after := text[:begin], text[begin+len(word):]
		if (before == "" || !inWord(before[len(before)-1]) || before[len(before)-1] == '-') && (after == "" || !inWord(after[0])) {
			return true
		}
	}
}

// inWord reports whether the byte is in one of base64's alphabets. A dot is
// not, so that a JWT is found behind the prefix of a token.
func inWord(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("-_+/", b) >= 0
}

// CloseIdleConnections calls CloseIdleConnections of the base transport, if it
// has that method.
func (t *Transport) CloseIdleConnections() {
	if t.client == nil {
		return
	}
	if base, ok := t.client.cfg.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// String returns the gateway's origin, without the token, so that the token
// stays out of logs.
func (t *Transport) String() string {
	if t.client == nil {
		return "cachecore.Transport()"
	}
	return "cachecore.Transport(" + t.client.origin.String() + ")"
}

// GoString returns the same text as [Transport.String], for %#v.
func (t *Transport) GoString() string { return t.String() }

func clone(req *http.Request) *http.Request {
	out := req.Clone(req.Context())
	if out.Header == nil {
		out.Header = http.Header{}
	}
	return out
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// maxForeignHosts limits the hosts that are remembered, and so the warnings.
const maxForeignHosts = 100

// foreignHosts remembers the hosts that a warning was logged for.
type foreignHosts struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

func (h *foreignHosts) first(host string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.seen[host]; ok || len(h.seen) >= maxForeignHosts {
		return false
	}
	if h.seen == nil {
		h.seen = map[string]struct{}{}
	}
	h.seen[host] = struct{}{}
	return true
}
