package cachecore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/depgen/depgen/runtime/internal/inflight"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// Client gives one tenant access to a gateway: it has a transport for LLM
// requests and methods for invalidations. It is safe for concurrent use. Make
// one and keep it; call [Client.Close] before the program ends.
type Client struct {
	cfg       config
	origin    origin
	endpoint  string // URL of invalidations
	token     secret
	transport *Transport
	slots     chan struct{} // one for each invalidation that is being sent
	lanes     lanes
	flights   *flights

	life    context.Context // ends when Close gives up waiting
	endLife context.CancelFunc

	work inflight.Group // goroutines, and repeats, that Close waits for

	mu       sync.Mutex
	closeErr error         // of a Close that gave up
	counts   map[Cause]int // deps that are not done, if there are observers
}

// New returns a client for the gateway at the given URL, with a tenant's token.
// The URL has a scheme, a host and a port, but not the /v1 that SDKs want in
// their base URL. New checks the URL, the token and the options, but does not
// connect. It trims white space around the token, such as the newline at the
// end of a file.
func New(gatewayURL, token string, opts ...Option) (*Client, error) {
	base, err := parseGatewayURL(gatewayURL)
	if err != nil {
		return nil, fmt.Errorf("cachecore: gateway URL %w", err)
	}
	token = strings.TrimSpace(token)
	if err := checkToken(token); err != nil {
		return nil, fmt.Errorf("cachecore: token %w", err)
	}
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("cachecore: %w", err)
	}
	c := &Client{
		cfg:      cfg,
		origin:   originOf(base),
		endpoint: base.JoinPath(wire.PathInvalidate).String(),
		token:    secret{&token},
		slots:    make(chan struct{}, cfg.concurrency),
		lanes:    lanes{retry: cfg.retry},
	}
	c.transport = newTransport(c)
	c.flights = flightsOf(c.origin, c.transport.jwt.reveal())
	c.life, c.endLife = context.WithCancel(context.Background())
	return c, nil
}

func parseGatewayURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The error of url.Parse quotes the text, which may hold a password.
		return nil, errors.New("is not a URL; write it as https://host")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("has no host, or a scheme other than http and https; write it as https://host")
	case !isASCII(u.Hostname()):
		return nil, errors.New("has a host that is not ASCII; write the host in its ASCII form, which begins with xn--")
	case u.Port() != "" && !isPort(u.Port()):
		return nil, errors.New("has a port that is out of range; use 1 to 65535")
	case u.User != nil:
		return nil, errors.New("contains a user name; pass the token as the second argument")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("contains a query or a fragment; remove it")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/v1"):
		return nil, errors.New("must not end in /v1; add /v1 to the SDK's base URL instead")
	}
	return u, nil
}

// secret is text that fmt does not print, not even as part of a struct around
// it: a pointer shows as an address.
type secret struct{ text *string }

func (s secret) reveal() string { return *s.text }

func checkToken(token string) error {
	if token == "" {
		return errors.New("is empty; pass the tenant's token")
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return fmt.Errorf("has a byte at offset %d that is not allowed in an HTTP header; check how the token is read", i)
		}
	}
	return nil
}

// origin is the scheme, host and port that token and deps may go to.
type origin struct{ scheme, host, port string }

func originOf(u *url.URL) origin {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	case u.Scheme == "http":
		port = "80"
	}
	return origin{asciiLower(u.Scheme), asciiLower(u.Hostname()), port}
}

// asciiLower lowers ASCII letters only. strings.ToLower maps some other letters
// to ASCII, which would make two hosts equal.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0'
}

func (o origin) String() string { return o.scheme + "://" + net.JoinHostPort(o.host, o.port) }

// Transport returns the RoundTripper that adds token and deps to LLM requests.
func (c *Client) Transport() *Transport { return c.transport }

// HTTPClient returns a new http.Client around the transport. It has no timeout,
// because a timeout would cut streams: bound requests by their contexts.
func (c *Client) HTTPClient() *http.Client { return &http.Client{Transport: c.transport} }

// String returns the gateway's origin, without the token, so that the token
// stays out of logs.
func (c *Client) String() string { return "cachecore.Client(" + c.origin.String() + ")" }

// GoString returns the same text as [Client.String], for %#v.
func (c *Client) GoString() string { return c.String() }

// Close waits until all invalidations in progress are done, including those
// whose callers hung up, repetitions after a late fill, and second passes. It
// waits for requests in flight for two fill windows at most: see
// [WithFillWindow]. New invalidations fail with [ErrClosed]; the transport goes
// on working. When ctx ends first, Close gives up the rest and returns the
// context's error at once. Later calls then return the same error.
func (c *Client) Close(ctx context.Context) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(c.life, cancel) // another call has given up
	defer stop()
	if c.work.Close(waiting) != nil {
		c.giveUp(ctx.Err())
	}
	c.endLife()
	c.dropRepeats()
	c.transport.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeErr
}

// giveUp sets the error of a Close that has not waited for all work, unless
// another Close has done so.
func (c *Client) giveUp(err error) {
	c.mu.Lock()
	if c.closeErr != nil {
		c.mu.Unlock()
		return
	}
	c.closeErr = fmt.Errorf("cachecore: close gave up invalidations that were not done: %w", err)
	counts := maps.Clone(c.counts)
	c.mu.Unlock()
	c.gaveUp(counts)
}
