// Package otelcachecore reports the requests and invalidations of a
// [cachecore.Client] to OpenTelemetry. [NewObserver] returns the observer to
// pass to [cachecore.WithObserver].
//
// # Metrics
//
// Every metric has a bounded number of attribute sets, and no attribute
// contains an id, an error's text or any other text of a request.
//
//	cachecore.requests               counter, {request}       status, bypass.reason, coarsened, error.type
//	cachecore.request.kinds          counter, {request}       kind, status, error.type
//	cachecore.invalidations          counter, {invalidation}  kind, cause, error.type
//	cachecore.invalidation.attempts  counter, {request}       kind, cause
//	cachecore.invalidation.answers   counter, {answer}        kind, cause
//	cachecore.invalidation.duration  histogram, s             kind, error.type
//	cachecore.background.deps        up-down counter, {dep}   cause
//	cachecore.given_up.deps          counter, {dep}           cause
//
// All attributes except error.type have the prefix "cachecore.". A success has
// no error.type.
//
// # Spans
//
// The span of a request's context gets the attributes of its answer, such as
// cachecore.status and cachecore.age. That is the span that the SDK or otelhttp
// has started; the observer starts no spans. If the SDK repeats a request
// inside one span, the last answer counts.
package otelcachecore
