package devgateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// minSecret is the minimum length in bytes that RFC 7518 requires of an HS256
// key.
const minSecret = 32

type config struct {
	secret          []byte
	upstream        http.RoundTripper
	upstreamTimeout time.Duration
	logger          *slog.Logger
	now             func() time.Time
	strictHash      bool
	cacheBytes      int64
	bodyLimit       int64
	bypassLimit     int
	debugPage       bool
	observers       observers
	similar         *similar // nil if it is off
}

func newConfig(opts []Option) (*config, error) {
	c := &config{
		upstream:        Echo(),
		upstreamTimeout: 10 * time.Minute,
		logger:          slog.New(slog.DiscardHandler),
		now:             time.Now,
		cacheBytes:      64 << 20,
		bodyLimit:       10 << 20,
		bypassLimit:     100,
	}
	for _, o := range opts {
		o.apply(c)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("devgateway: %w", err)
	}
	return c, nil
}

func (c *config) check() error {
	switch {
	case len(c.secret) == 0:
		return errors.New("no secret to verify tokens with; add WithSecret")
	case c.upstream == nil:
		return errors.New("WithUpstream: no upstream; give it an http.RoundTripper, for example Echo()")
	case c.upstreamTimeout <= 0:
		return fmt.Errorf("WithUpstreamTimeout: %v is not positive", c.upstreamTimeout)
	case c.logger == nil:
		return errors.New("WithLogger: no logger; leave the option out to log nothing")
	case c.now == nil:
		return errors.New("WithClock: no clock; leave the option out to use time.Now")
	case c.cacheBytes <= 0:
		return fmt.Errorf("WithCacheBytes: %d is not positive", c.cacheBytes)
	case c.bodyLimit <= 0:
		return fmt.Errorf("WithBodyLimit: %d is not positive", c.bodyLimit)
	case c.bypassLimit <= 0:
		return fmt.Errorf("WithBypassLimit: %d is not positive", c.bypassLimit)
	}
	return c.similar.check()
}

// Option changes a setting of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithSecret sets the HS256 key that tokens are signed with. It is required.
// The gateway logs a warning if the key is shorter than 32 bytes.
func WithSecret(secret []byte) Option {
	return optionFunc(func(c *config) { c.secret = slices.Clone(secret) })
}

// WithUpstream sets the upstream that answers misses and bypasses. It gets POST
// requests with the path /v1/chat/completions on a host that does not exist.
// Defaults to [Echo].
func WithUpstream(rt http.RoundTripper) Option {
	return optionFunc(func(c *config) { c.upstream = rt })
}

// WithUpstreamTimeout limits the duration of one call to the upstream,
// including its answer. Defaults to 10 minutes.
func WithUpstreamTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) { c.upstreamTimeout = d })
}

// WithLogger sets the logger, which gets one line per request. By default the
// gateway does not log.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) { c.logger = l })
}

// WithClock sets the clock for ages, expiry and limits. Defaults to time.Now.
func WithClock(now func() time.Time) Option {
	return optionFunc(func(c *config) { c.now = now })
}

// WithStrictHash sets whether the default hash "v1" is compared with a dep's
// current hash like any other hash, even if the current hash is a random UUID.
// After an invalidation, only requests that carry the new hash are then cached.
// Defaults to false.
func WithStrictHash(strict bool) Option {
	return optionFunc(func(c *config) { c.strictHash = strict })
}

// WithCacheBytes limits the memory for entries, in bytes. The least recently
// used entries are evicted first. Defaults to 64 MiB.
func WithCacheBytes(n int64) Option {
	return optionFunc(func(c *config) { c.cacheBytes = n })
}

// WithBodyLimit limits the size of a request's body, in bytes. The gateway
// answers 413 to a longer body. It passes on a longer answer, but does not
// cache it. Defaults to 10 MiB. All bodies in progress that are longer than 64
// KiB share 64 MiB, or this limit if it is larger; further ones wait.
func WithBodyLimit(n int64) Option {
	return optionFunc(func(c *config) { c.bodyLimit = n })
}

// WithBypassLimit sets the number of bypasses that a client address may send
// per minute. Defaults to 100.
func WithBypassLimit(perMinute int) Option {
	return optionFunc(func(c *config) { c.bypassLimit = perMinute })
}

// WithObserver adds an observer of completions, refreshes and invalidations.
// The gateway calls all observers, in the order of the options.
func WithObserver(o Observer) Option {
	return optionFunc(func(c *config) { c.observers = append(c.observers, o) })
}
