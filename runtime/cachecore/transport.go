package cachecore

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/depgen/depgen/runtime/internal/degraded"
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
	t := &Transport{client: c, jwt: c.token}
	if rest, ok := strings.CutPrefix(c.token.reveal(), "cc_live_"); ok {
		if _, jwt, ok := strings.Cut(rest, "."); ok && jwt != "" {
			t.jwt = secret{&jwt}
		}
	}
	return t
}

// RoundTrip implements [http.RoundTripper]. It does not change req and never
// reads a body. It returns the base transport's answers and errors unchanged,
// except for errors whose text may quote an answer, because an answer may echo
// the token.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.client == nil || req.URL == nil {
		closeBody(req)
		return nil, errors.New("cachecore: transport without a client or request without a URL: take it from Client.Transport")
	}
	switch {
	case originOf(req.URL) != t.client.origin:
		t.warnOfForeign(req)
		return t.passOn(req)
	case isLogin(req):
		return t.passOn(req)
	}
	ctx := req.Context()
	call := callFrom(ctx)
	if bypassed(ctx) {
		return t.send(t.withoutTenant(req), call)
	}
	set, err := t.deps(req)
	if err != nil {
		t.degrade(ctx, call, set, err)
		out := t.withoutTenant(req)
		degraded.Mark(out.Header, err)
		return t.send(out, nil)
	}
	return t.roundTripTagged(req, set, call)
}

// deps returns the deps of a request: those that its context declares, and
// those in a deps header written by hand, in any spelling of its name.
func (t *Transport) deps(req *http.Request) (*depSet, error) {
	set := effective(req.Context())
	for name, values := range req.Header {
		if !strings.EqualFold(name, headerDeps) {
			continue
		}
		for _, byHand := range values {
			deps, err := decodeHeader(byHand)
			if err != nil {
				return set, err
			}
			set = join(set, newDepSet(deps))
		}
	}
	if set.empty() {
		return nil, nil
	}
	set = set.within(t.client.cfg.budget)
	return set, set.err
}

// roundTripTagged sends the request with token and deps, and follows it to its
// end, because it may be filling the cache. It also follows requests without
// deps, because an answer depends on the tenant's policy.
func (t *Transport) roundTripTagged(req *http.Request, set *depSet, call *Call) (*http.Response, error) {
	out := clone(req)
	// A gateway refuses a header that it gets twice, in any spelling.
	maps.DeleteFunc(out.Header, isProtocols)
	f := &flight{set: set}
	f.values[0] = t.client.token.reveal()
	out.Header[headerToken] = f.values[0:1:1]
	if set != nil {
		f.values[1] = set.header
		out.Header[headerDeps] = f.values[1:2:2]
	}

	t.client.flights.begin(f)
	answered := false
	defer func() {
		if !answered { // an error, or a panic of the base transport
			f.end(t.client.cfg.fillWindow)
		}
	}()
	resp, err := t.send(out, call)
	if err != nil {
		return nil, err
	}
	answered = true
	f.follow(req.Context(), resp, t.client)
	return resp, nil
}

// send passes the request on and records the answer's status.
func (t *Transport) send(req *http.Request, call *Call) (*http.Response, error) {
	resp, err := t.client.cfg.base.RoundTrip(req)
	if err != nil {
		return nil, t.client.printableIn(req.Context(), err)
	}
	if resp == nil {
		return nil, errNoResponse
	}
	if call != nil {
		if s := ParseStatus(resp.Header); s.Status != Unknown {
			call.add(s)
		}
	}
	return resp, nil
}

// degrade logs that a request goes uncached although it declares deps, and
// records it in the call's status.
func (t *Transport) degrade(ctx context.Context, call *Call, set *depSet, err error) {
	n := 0
	if set != nil {
		n = len(set.deps)
	}
	t.client.cfg.logger.LogAttrs(ctx, slog.LevelError, "cachecore: request sent uncached", slog.Int("deps", n), slog.Any("error", err))
	call.add(CacheStatus{Status: Bypass, Err: err})
}

// isLogin reports whether an SDK asks for a credential of its own. Anthropic's
// SDK does so at its base URL, which is the gateway, in the context of the LLM
// request that needs the credential.
func isLogin(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/oauth/token") }

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

// passOn sends a request that does not concern the gateway. It removes headers
// that name the tenant, because an http.Client copies headers along a redirect.
func (t *Transport) passOn(req *http.Request) (*http.Response, error) {
	for name, values := range req.Header {
		if t.namesTenant(name, values) {
			req = t.withoutTenant(req)
			break
		}
	}
	return t.client.cfg.base.RoundTrip(req)
}

// withoutTenant returns a copy of the request without the headers that carry
// the token or deps.
func (t *Transport) withoutTenant(req *http.Request) *http.Request {
	out := clone(req)
	maps.DeleteFunc(out.Header, t.namesTenant)
	return out
}

// isProtocols reports whether the header is part of the wire protocol, in any
// spelling.
func isProtocols(name string, _ []string) bool {
	return strings.EqualFold(name, headerToken) || strings.EqualFold(name, headerDeps)
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
