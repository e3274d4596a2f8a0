package otelcachecore

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/depgen/depgen/runtime/cachecore"
)

// scope is the name of the meter.
const scope = "github.com/depgen/depgen/runtime/otel"

// NewObserver returns an observer that reports to OpenTelemetry. Make one and
// pass it to all clients of the program, because it keeps the attribute sets
// that it has used.
func NewObserver(opts ...Option) (cachecore.Observer, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return cachecore.Observer{}, fmt.Errorf("otelcachecore: %w", err)
	}
	in, err := newInstruments(cfg.meters.Meter(scope))
	if err != nil {
		return cachecore.Observer{}, fmt.Errorf("otelcachecore: %w", err)
	}
	o := &observer{instruments: in}
	return cachecore.Observer{
		Request:      o.request,
		Invalidation: o.invalidation,
		Background:   o.background,
		GaveUp:       o.gaveUp,
	}, nil
}

// observer implements the functions of a [cachecore.Observer].
type observer struct {
	instruments

	kinds kinds
	sets  sets
}

func (o *observer) request(ctx context.Context, e cachecore.RequestEvent) {
	outcome := key{status: status(e), failure: requestFailure(e)}
	total := outcome
	total.of, total.reason, total.coarsened = requests, bypassReason(e), e.Coarsened
	o.requests.Add(ctx, 1, o.sets.get(total).add...)

	var room [8]string // enough for most requests
	names := o.kinds.of(e.Deps, room[:0])
	for _, kind := range names {
		k := outcome
		k.of, k.kind = requestKinds, kind
		o.requestKinds.Add(ctx, 1, o.sets.get(k).add...)
	}
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(spanAttributes(e, total, names)...)
	}
}

func (o *observer) invalidation(ctx context.Context, e cachecore.InvalidationEvent) {
	kind, failure := o.kinds.name(e.Dep), invalidationFailure(e.InvalidateResult)
	caused := key{of: work, kind: kind, cause: e.Cause}
	ended := key{of: invalidations, kind: kind, cause: e.Cause, failure: failure}
	timed := key{of: durations, kind: kind, failure: failure}
	o.invalidations.Add(ctx, 1, o.sets.get(ended).add...)
	o.duration.Record(ctx, e.Duration.Seconds(), o.sets.get(timed).record...)
	o.attempts.Add(ctx, int64(e.Attempts), o.sets.get(caused).add...)
	o.answers.Add(ctx, int64(e.KeysDeleted), o.sets.get(caused).add...)
}

func (o *observer) background(cause cachecore.Cause, change int) {
	o.inBackground.Add(context.Background(), int64(change), o.sets.get(key{of: background, cause: cause}).add...)
}

func (o *observer) gaveUp(deps map[cachecore.Cause]int) {
	for cause, n := range deps {
		o.givenUp.Add(context.Background(), int64(n), o.sets.get(key{of: background, cause: cause}).add...)
	}
}

// instruments are the metrics: see the package's documentation.
type instruments struct {
	requests, requestKinds           metric.Int64Counter
	invalidations, attempts, answers metric.Int64Counter
	givenUp                          metric.Int64Counter
	inBackground                     metric.Int64UpDownCounter
	duration                         metric.Float64Histogram
}

func newInstruments(m metric.Meter) (in instruments, err error) {
	var errs []error
	counter := func(name, unit, description string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return c
	}
	in.requests = counter("cachecore.requests", "{request}", "Requests to the gateway.")
	in.requestKinds = counter("cachecore.request.kinds", "{request}",
		"Requests to the gateway by kind of dep. A request with several kinds counts once for each.")
	in.invalidations = counter("cachecore.invalidations", "{invalidation}", "Invalidations of a dep that have ended.")
	in.attempts = counter("cachecore.invalidation.attempts", "{request}", "Requests sent for invalidations, including retries.")
	in.answers = counter("cachecore.invalidation.answers", "{answer}", "Cached answers that invalidations have dropped.")
	in.givenUp = counter("cachecore.given_up.deps", "{dep}", "Deps whose invalidation was not done when Close gave up.")
	in.inBackground, err = m.Int64UpDownCounter("cachecore.background.deps", metric.WithUnit("{dep}"),
		metric.WithDescription("Deps with invalidations in the background."))
	errs = append(errs, err)
	in.duration, err = m.Float64Histogram("cachecore.invalidation.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of invalidations, with waits and retries."),
		metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60))
	errs = append(errs, err)
	return in, errors.Join(errs...)
}
