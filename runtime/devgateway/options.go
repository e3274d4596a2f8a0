package devgateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// minSecret is the length in bytes that RFC 7518 asks of a key for HS256.
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
	observer        Observer
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
		return errors.New("no secret to verify tokens with: add WithSecret")
	case c.upstream == nil:
		return errors.New("WithUpstream: no upstream: give it an http.RoundTripper, for example Echo()")
	case c.upstreamTimeout <= 0:
		return fmt.Errorf("WithUpstreamTimeout: %v is not positive", c.upstreamTimeout)
	case c.logger == nil:
		return errors.New("WithLogger: no logger: leave the option out to log nothing")
	case c.now == nil:
		return errors.New("WithClock: no clock: leave the option out to use time.Now")
	case c.cacheBytes <= 0:
		return fmt.Errorf("WithCacheBytes: %d is not positive", c.cacheBytes)
	case c.bodyLimit <= 0:
		return fmt.Errorf("WithBodyLimit: %d is not positive", c.bodyLimit)
	case c.bypassLimit <= 0:
		return fmt.Errorf("WithBypassLimit: %d is not positive", c.bypassLimit)
	}
	return nil
}

// Option changes a setting of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithSecret sets the HS256 key that tokens are signed with. It is required;
// one shorter than 32 bytes is warned of in the log.
func WithSecret(secret []byte) Option {
	return optionFunc(func(c *config) { c.secret = slices.Clone(secret) })
}

// WithUpstream sets what answers the misses and the bypasses. It gets POST
// requests with the path /v1/chat/completions on a host that does not exist.
// Defaults to [Echo].
func WithUpstream(rt http.RoundTripper) Option {
	return optionFunc(func(c *config) { c.upstream = rt })
}

// WithUpstreamTimeout bounds one call of the upstream, answer included.
// Defaults to 10 minutes.
func WithUpstreamTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) { c.upstreamTimeout = d })
}

// WithLogger sets where one line a request is logged. Defaults to nowhere.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) { c.logger = l })
}

// WithClock sets the clock that ages, expiry and limits are taken from.
// Defaults to time.Now.
func WithClock(now func() time.Time) Option {
	return optionFunc(func(c *config) { c.now = now })
}

// WithStrictHash says whether the default hash "v1" is compared with a dep's
// current hash as any other is, also if that is a random UUID, so that after an
// invalidation only requests that carry the new hash are cached. Defaults to
// false.
func WithStrictHash(strict bool) Option {
	return optionFunc(func(c *config) { c.strictHash = strict })
}

// WithCacheBytes bounds the memory that entries take, in bytes; the least
// recently used go first. Defaults to 64 MiB.
func WithCacheBytes(n int64) Option {
	return optionFunc(func(c *config) { c.cacheBytes = n })
}

// WithBodyLimit bounds a request's body, in bytes: a longer one is answered
// 413. An answer that is longer is passed on, but not cached. Defaults to 10
// MiB. The bodies under way that are longer than 64 KiB have 64 MiB together,
// or this limit if it is more: further ones wait.
func WithBodyLimit(n int64) Option {
	return optionFunc(func(c *config) { c.bodyLimit = n })
}

// WithBypassLimit sets how many bypasses a client address may send in a minute.
// Defaults to 100.
func WithBypassLimit(perMinute int) Option {
	return optionFunc(func(c *config) { c.bypassLimit = perMinute })
}

// WithObserver sets what is told of completions, refreshes and invalidations.
// Defaults to none.
func WithObserver(o Observer) Option {
	return optionFunc(func(c *config) { c.observer = o })
}
