package otelcachecore

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/depgen/depgen/runtime/cachecore"
)

// The values of error.type that are not an HTTP status. The semantic
// conventions define the last.
const (
	failureInvalidDep = "invalid_dep"
	failureClosed     = "closed"
	failureCanceled   = "canceled"
	failureTimeout    = "timeout"
	failureOther      = "_OTHER"
)

// requestFailure returns the error.type of a request, or an empty string if it
// was answered with success.
func requestFailure(e cachecore.RequestEvent) string {
	if e.Err != nil {
		return failure(e.Err)
	}
	return codeFailure(e.Code)
}

// codeFailure returns the error.type of an answer.
func codeFailure(code int) string {
	switch {
	case code < 400:
		return ""
	case code < 600:
		return strconv.Itoa(code)
	}
	return failureOther
}

// invalidationFailure returns the error.type of an invalidation, or an empty
// string if it succeeded.
func invalidationFailure(r cachecore.InvalidateResult) string {
	var answer *cachecore.Error
	switch {
	case r.Err == nil:
		return ""
	case r.Dep.Err() != nil:
		return failureInvalidDep
	case errors.Is(r.Err, cachecore.ErrClosed):
		return failureClosed
	case errors.As(r.Err, &answer) && codeFailure(answer.StatusCode) != "":
		return codeFailure(answer.StatusCode)
	}
	return failure(r.Err)
}

// failure returns the error.type of an error of the base transport.
func failure(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return failureCanceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return failureTimeout
	}
	return failureOther
}

// statusRefused is the cachecore.status of a HIT_L2 that the client discarded.
// It does not begin with HIT, so that ratios of hits leave it out.
const statusRefused cachecore.Status = "REFUSED_L2"

// status returns the cachecore.status of a request.
func status(e cachecore.RequestEvent) cachecore.Status {
	if e.Status.Refused {
		return statusRefused
	}
	return e.Status.Status
}

// The values of cachecore.bypass.reason.
const (
	reasonUncommitted = "uncommitted" // a transaction has changed the data
	reasonNoGetBody   = "no_get_body" // ExactOnly could not send the request twice
	reasonInvalidDep  = "invalid_dep"
	reasonUnsendable  = "unsendable" // the deps do not fit, or contradict each other
)

// bypassReason returns the reason why the client sent a request uncached
// without being told to, or an empty string if it did not.
func bypassReason(e cachecore.RequestEvent) string {
	invalid := func(d cachecore.Dep) bool { return d.Err() != nil }
	switch {
	case e.Status.Err == nil:
		return ""
	case errors.Is(e.Status.Err, cachecore.ErrUncommitted):
		return reasonUncommitted
	case errors.Is(e.Status.Err, cachecore.ErrNoGetBody):
		return reasonNoGetBody
	case slices.ContainsFunc(e.Deps, invalid):
		return reasonInvalidDep
	}
	return reasonUnsendable
}

// spanAttributes returns the attributes of the request's span.
func spanAttributes(e cachecore.RequestEvent, total key, kinds []string) []attribute.KeyValue {
	total.failure = "" // the owner of the span sets its error.type
	return append(total.attributes(),
		attrKinds.StringSlice(slices.Clone(kinds)),
		attrDeps.Int(len(e.Deps)),
		attrAge.Float64(e.Status.Age.Seconds()),
	)
}
