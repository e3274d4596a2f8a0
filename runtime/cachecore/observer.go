package cachecore

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"time"
)

// Observer contains functions that a client calls when an event has happened:
// see [WithObserver]. Functions that are nil are skipped. A client calls them
// from several goroutines, in the path of the event, so they must be quick and
// must not block. They must not change the slices that they get.
//
// An id may be personal data and has no bound on its number of values. Metrics
// and spans use [Dep.Kind].
type Observer struct {
	// Request is called for each request to the gateway, with the request's
	// context, when the header of its answer has arrived or it has failed. A
	// request of [ExactOnly] that is sent twice is reported twice.
	Request func(context.Context, RequestEvent)

	// Invalidation is called for each invalidation of a dep that has ended,
	// whether it succeeded or not, with the values of its caller's context. It
	// is called once for each dep of each call, even if the dep is invalid, the
	// client is closed, another call's request did the work, or the caller has
	// hung up. The call returns after that, unless its caller hangs up.
	Invalidation func(context.Context, InvalidationEvent)

	// Background is called when the number of deps with work in the background
	// has changed. With CauseCall, these are the deps in progress whose callers
	// hung up. With CauseLateFill, they wait for requests in flight or are
	// being repeated; with CauseSecondPass, they wait for their time or are
	// being repeated. [Client.Close] waits for all of them. All changes of a
	// cause add up to 0 in the end. Several goroutines may report them in
	// another order than that of the events.
	Background func(cause Cause, change int)

	// GaveUp is called once, when [Client.Close] gives up work that is not
	// done, with the number of deps by cause. With CauseCall, this includes
	// deps whose callers still wait.
	GaveUp func(deps map[Cause]int)
}

// RequestEvent describes one request to the gateway.
type RequestEvent struct {
	// Deps contains the deps that the request declares, with their groups. It
	// is nil for a request in a context of [WithBypass].
	Deps []Dep

	// Coarsened reports that parts were replaced by their wholes to fit into
	// the header budget.
	Coarsened bool

	// Status is the cache status of the answer. Its Err is the reason why the
	// client sent the request uncached although it has deps.
	Status CacheStatus

	Code     int           // the HTTP status of the answer; 0 if the request failed
	Duration time.Duration // until the header of the answer arrived
	Err      error         // of the base transport
}

// InvalidationEvent describes one invalidation of a dep.
type InvalidationEvent struct {
	InvalidateResult

	Cause    Cause
	Duration time.Duration // since the call, or since the repetition began; with waits and retries
}

// Cause is the reason for an invalidation.
type Cause string

// The causes of invalidations.
const (
	CauseCall       Cause = "call"        // a call of an invalidating method
	CauseLateFill   Cause = "late_fill"   // a request that was in flight during a call has ended
	CauseSecondPass Cause = "second_pass" // see WithSecondPass
)

// observed reports whether events in ctx are observed or logged.
func (c *Client) observed(ctx context.Context) bool {
	return len(c.cfg.observers) > 0 || c.cfg.logger.Enabled(ctx, slog.LevelDebug)
}

func (c *Client) observeRequest(ctx context.Context, e RequestEvent) {
	for _, o := range c.cfg.observers {
		if o.Request != nil {
			o.Request(ctx, e)
		}
	}
	if !c.cfg.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("status", string(e.Status.Status)), slog.Int("code", e.Code), slog.Duration("duration", e.Duration),
		slog.Duration("age", e.Status.Age), slog.Int("deps", len(e.Deps)), slog.Bool("coarsened", e.Coarsened),
	}
	if len(e.Deps) > 0 {
		attrs = append(attrs, slog.Any("dep_ids", firstIDs(e.Deps)))
	}
	if e.Status.Refused {
		attrs = append(attrs, slog.Bool("refused", true))
	}
	if err := cmp.Or(e.Err, e.Status.Err); err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	c.cfg.logger.LogAttrs(ctx, slog.LevelDebug, "cachecore: request", attrs...)
}

// maxLogged limits the dep ids in a log line.
const maxLogged = 20

func firstIDs(deps []Dep) []string {
	ids := make([]string, min(len(deps), maxLogged))
	for i := range ids {
		ids[i] = deps[i].id
	}
	return ids
}

// Kind returns the part of the id before its first colon, or an empty string if
// the id has no colon.
func (d Dep) Kind() string {
	kind, _, found := strings.Cut(d.id, ":")
	if !found {
		return ""
	}
	return kind
}
