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

// config contains the values that the options set.
type config struct {
	timeout     time.Duration
	base        http.RoundTripper
	logger      *slog.Logger
	retry       RetryPolicy
	concurrency int
	budget      int
	secondPass  time.Duration
	fillWindow  time.Duration
	observers   []Observer
}

// RetryPolicy sets how an invalidation is retried after a network error, a 429
// or a 5xx. A field that is 0 selects its default.
type RetryPolicy struct {
	// MaxAttempts limits the requests sent for one dep, including the first.
	// Defaults to as many as the timeout allows.
	MaxAttempts int

	// BaseDelay is the wait before the second attempt. It doubles from one
	// attempt to the next. A random part, up to half, is subtracted from each
	// wait. If the gateway sends Retry-After, the wait is at least that long.
	// All invalidations of a dep that are in progress wait together.
	// Defaults to 100 ms.
	BaseDelay time.Duration

	// MaxDelay limits the doubled delay. Defaults to 5 s.
	MaxDelay time.Duration

	// AttemptTimeout limits one attempt, so that a connection that stalls
	// leaves time for another. Defaults to a third of the timeout.
	AttemptTimeout time.Duration
}

// WithTimeout limits the work for one invalidated dep, including retries, from
// the moment that a request for it is sent, or that the dep waits for another
// call's request in progress. After one dep of a call has timed out, the rest
// get a single attempt each until one succeeds. The timeout does not limit LLM
// requests. Defaults to 30 s.
func WithTimeout(d time.Duration) Option {
	return option(func(c *config) error {
		c.timeout = d
		return positive("WithTimeout", d)
	})
}

// WithBaseTransport sets the RoundTripper that sends LLM requests and
// invalidations. [errors.Is] and [errors.As] find its errors, but only an error
// whose text cannot quote an answer of the gateway is printed. Defaults to a
// clone of [http.DefaultTransport] that keeps a connection open for each
// concurrent invalidation.
func WithBaseTransport(rt http.RoundTripper) Option {
	return option(func(c *config) error {
		if rt == nil {
			return errors.New("WithBaseTransport: the RoundTripper is nil; remove the option for the default")
		}
		c.base = rt
		return nil
	})
}

// WithLogger sets the logger. The client logs requests that it sends uncached,
// hosts that get neither token nor deps, and failures in the background that no
// caller sees. It never logs a token or a prompt. Defaults to [slog.Default].
func WithLogger(l *slog.Logger) Option {
	return option(func(c *config) error {
		if l == nil {
			return errors.New("WithLogger: the logger is nil; use slog.New(slog.DiscardHandler) to log nothing")
		}
		c.logger = l
		return nil
	})
}

// WithRetry sets how invalidations are retried. Defaults to the zero
// [RetryPolicy], which selects the default of each field.
func WithRetry(p RetryPolicy) Option {
	return option(func(c *config) error {
		if p.MaxAttempts < 0 || p.BaseDelay < 0 || p.MaxDelay < 0 || p.AttemptTimeout < 0 {
			return errors.New("WithRetry: a field is negative; set it to 0 for its default")
		}
		c.retry = p
		return nil
	})
}

// WithConcurrency limits how many invalidations the client sends at a time, and
// how many of one call are in progress. An invalidation that waits for a retry,
// or for another call's request, does not count against other calls. Defaults
// to 64.
func WithConcurrency(n int) Option {
	return option(func(c *config) error {
		c.concurrency = n
		if n < 1 {
			return fmt.Errorf("WithConcurrency: %d is less than 1; use 1 or more", n)
		}
		return nil
	})
}

// WithHeaderBudget limits the header line that carries the deps, in bytes,
// including its name. If the deps do not fit, parts are replaced by their
// wholes; if they still do not fit, the request is sent uncached. A dep that
// was replaced loses the protection of its version against late fills: see the
// package's overview. Defaults to 8000: nginx accepts 8,176 bytes in one line,
// gunicorn and aiohttp 8,190.
func WithHeaderBudget(bytes int) Option {
	return option(func(c *config) error {
		c.budget = bytes
		if bytes < 1 {
			return fmt.Errorf("WithHeaderBudget: %d is less than 1; use 1 or more", bytes)
		}
		return nil
	})
}

// WithSecondPass repeats each invalidation of an unversioned dep once, after
// the given time. It covers requests of other processes that begin before the
// invalidation and end after it. It doubles the number of calls. Choose the
// longest time that an LLM request takes. Defaults to no second pass.
func WithSecondPass(after time.Duration) Option {
	return option(func(c *config) error {
		c.secondPass = after
		return positive("WithSecondPass", after)
	})
}

// WithFillWindow sets how long a request may still fill the cache after the
// client has lost track of it. This happens when the caller hangs up, the
// connection breaks, the gateway refreshes a stale hit, or an SDK may retry a
// failed request. An invalidation in this window is repeated when the window
// ends. For a request that never ends, it is repeated after two windows.
// Defaults to 2 minutes.
func WithFillWindow(d time.Duration) Option {
	return option(func(c *config) error {
		c.fillWindow = d
		return positive("WithFillWindow", d)
	})
}

// WithObserver adds an observer of requests and invalidations. A client calls
// its observers in the order in which they were added. Defaults to no observer.
func WithObserver(o Observer) Option {
	return option(func(c *config) error {
		c.observers = append(c.observers, o)
		return nil
	})
}

func positive(option string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s: %s is not more than 0; use a positive duration", option, d)
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
			errs = append(errs, errors.New("an option is nil; remove it"))
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

// defaultBase returns a clone of the default transport that keeps one
// connection to the gateway open for each concurrent invalidation. With the
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
