package cachecore

import (
	"context"
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
	// context, when the header of its answer has arrived or it has failed.
	Request func(context.Context, RequestEvent)

	// Invalidation is called for each invalidation of a dep that has ended,
	// whether it succeeded or not, with the values of its caller's context.
	Invalidation func(context.Context, InvalidationEvent)

	// Background is called when the number of deps with work in the background
	// has changed: see [Client.Close], which waits for that work.
	Background func(cause Cause, change int)

	// GaveUp is called when [Client.Close] gives up work that is not done,
	// with the number of deps by cause.
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
	Duration time.Duration // since the call, including waits and retries
}

// Cause is the reason for an invalidation.
type Cause string

// The causes of invalidations.
const (
	Called     Cause = "call"        // a call of an invalidating method
	LateFill   Cause = "late_fill"   // a request that was in flight during a call has ended
	SecondPass Cause = "second_pass" // see WithSecondPass
)

// Kind returns the part of the id before its first colon, or an empty string if
// the id has no colon.
func (d Dep) Kind() string {
	kind, _, found := strings.Cut(d.id, ":")
	if !found {
		return ""
	}
	return kind
}
