package cachecore

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Option configures a [Client].
type Option interface{ apply(*config) error }

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

// config is what the options set.
type config struct {
	timeout     time.Duration
	base        http.RoundTripper
	logger      *slog.Logger
	retry       RetryPolicy
	concurrency int
	budget      int
	secondPass  time.Duration
	fillWindow  time.Duration
}

// RetryPolicy says how an invalidation is repeated after a network error, a 429
// or a 5xx. A field that is 0 stands for its default.
type RetryPolicy struct {
	// MaxAttempts bounds the requests sent for one dep, the first included.
	// Defaults to as many as the timeout has room for.
	MaxAttempts int

	// BaseDelay is the wait before the second attempt. It doubles from one
	// attempt to the next, of which a random part of up to a half is taken off.
	// Where the gateway sends Retry-After, that is the least wait. Defaults to
	// 100 ms.
	BaseDelay time.Duration

	// MaxDelay bounds the doubling. Defaults to 5 s.
	MaxDelay time.Duration

	// AttemptTimeout bounds one attempt, so that a connection that stalls
	// leaves time for another. Defaults to a third of the timeout.
	AttemptTimeout time.Duration
}

// WithTimeout bounds the work for one invalidated dep, retries included, from
// the moment that its first request is sent. Of one call, all further deps get
// one attempt only when one has used it up, until one succeeds. It does not
// bound LLM requests. Defaults to 30 s.
func WithTimeout(d time.Duration) Option {
	return option(func(c *config) error {
		c.timeout = d
		return positive("WithTimeout", d)
	})
}

// WithBaseTransport sets the RoundTripper that sends the requests, LLM requests
// and invalidations. Its errors are found with [errors.Is] and [errors.As], but
// only those whose text cannot quote an answer of the gateway are printed.
// Defaults to a clone of [http.DefaultTransport] that keeps a connection open
// for each concurrent invalidation.
func WithBaseTransport(rt http.RoundTripper) Option {
	return option(func(c *config) error {
		if rt == nil {
			return errors.New("WithBaseTransport: the RoundTripper is nil")
		}
		c.base = rt
		return nil
	})
}

// WithLogger sets where the client logs requests that it sends uncached, hosts
// that get neither token nor deps, and failures in the background that nobody
// else sees. It never logs a token or a prompt. Defaults to [slog.Default].
func WithLogger(l *slog.Logger) Option {
	return option(func(c *config) error {
		if l == nil {
			return errors.New("WithLogger: the logger is nil: use slog.New(slog.DiscardHandler) for silence")
		}
		c.logger = l
		return nil
	})
}

// WithRetry sets how invalidations are retried. Defaults to the zero
// [RetryPolicy], each field of which stands for its default.
func WithRetry(p RetryPolicy) Option {
	return option(func(c *config) error {
		if p.MaxAttempts < 0 || p.BaseDelay < 0 || p.MaxDelay < 0 || p.AttemptTimeout < 0 {
			return errors.New("WithRetry: a field is negative: leave it 0 for its default")
		}
		c.retry = p
		return nil
	})
}

// WithConcurrency bounds how many invalidations the client sends at a time, and
// how many of one call are under way. An invalidation that waits for a retry
// takes no place from other calls. Defaults to 64.
func WithConcurrency(n int) Option {
	return option(func(c *config) error {
		c.concurrency = n
		if n < 1 {
			return fmt.Errorf("WithConcurrency: %d is less than 1", n)
		}
		return nil
	})
}

// WithHeaderBudget bounds the line that carries the deps, in bytes, its name
// included. Deps past it are replaced by what they are part of; if they still
// do not fit, the request is sent uncached. A dep that was replaced loses the
// protection of its version against late fills: see the package's overview.
// Defaults to 8000: nginx takes 8,176 bytes in one line, gunicorn and aiohttp
// 8,190.
func WithHeaderBudget(bytes int) Option {
	return option(func(c *config) error {
		c.budget = bytes
		if bytes < 1 {
			return fmt.Errorf("WithHeaderBudget: %d is less than 1", bytes)
		}
		return nil
	})
}

// WithSecondPass repeats each invalidation of a dep without a version once,
// after the given time, for answers of other processes whose request began
// before the invalidation and ended after it. It doubles the calls. Choose the
// longest time that an LLM request takes. Defaults to no second pass.
func WithSecondPass(after time.Duration) Option {
	return option(func(c *config) error {
		c.secondPass = after
		return positive("WithSecondPass", after)
	})
}

// WithFillWindow sets how long the gateway may go on with a request whose end
// the client did not see (the caller hung up, the connection broke, a stale hit
// is being refreshed), or an SDK try again what failed, and write its answer to
// the cache. An invalidation in that time is repeated at its end, and after two
// such times for a request that never ends. Defaults to 2 minutes.
func WithFillWindow(d time.Duration) Option {
	return option(func(c *config) error {
		c.fillWindow = d
		return positive("WithFillWindow", d)
	})
}

func positive(option string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s: %s is not more than 0", option, d)
	}
	return nil
}

func newConfig(opts []Option) (config, error) {
	c := config{
		timeout:     30 * time.Second,
		logger:      slog.Default(),
		concurrency: 64,
		budget:      8000,
		fillWindow:  2 * time.Minute,
	}
	var errs []error
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("an option is nil"))
			continue
		}
		errs = append(errs, o.apply(&c))
	}
	if c.base == nil {
		c.base = defaultBase(c.concurrency)
	}
	c.retry = c.retry.withDefaults(c.timeout)
	return c, errors.Join(errs...)
}

func (p RetryPolicy) withDefaults(timeout time.Duration) RetryPolicy {
	if p.BaseDelay == 0 {
		p.BaseDelay = 100 * time.Millisecond
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = 5 * time.Second
	}
	if p.AttemptTimeout == 0 {
		p.AttemptTimeout = timeout / 3
	}
	return p
}

// defaultBase returns a clone of the default transport that keeps as many
// connections to the gateway as there are concurrent invalidations: with the
// default of two, the others would each open a new one.
func defaultBase(concurrency int) http.RoundTripper {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // an application may replace it
		return http.DefaultTransport
	}
	base = base.Clone()
	base.MaxIdleConnsPerHost = max(base.MaxIdleConnsPerHost, concurrency)
	if base.MaxIdleConns > 0 {
		base.MaxIdleConns = max(base.MaxIdleConns, concurrency)
	}
	return base
}
