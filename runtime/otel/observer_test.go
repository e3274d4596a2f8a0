package otelcachecore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/depgen/depgen/runtime/cachecore"
	otelcachecore "github.com/depgen/depgen/runtime/otel"
)

func request(status cachecore.Status, deps ...cachecore.Dep) cachecore.RequestEvent {
	return cachecore.RequestEvent{Deps: deps, Status: cachecore.CacheStatus{Status: status}, Code: http.StatusOK}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	doc1, doc2, user := cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2"), cachecore.NewDep("user:1")
	degraded := request(cachecore.Bypass, doc1)
	degraded.Status.Err = errors.New("too many deps")
	invalid := request(cachecore.Bypass, doc1, cachecore.InvalidDep("user", errors.New("no id")))
	invalid.Status.Err = errors.New("no id")
	uncommitted := request(cachecore.Bypass, doc1)
	uncommitted.Status.Err = fmt.Errorf("dep is not committed: %w", cachecore.ErrUncommitted)
	noGetBody := request(cachecore.Bypass, doc1)
	noGetBody.Status.Err = cachecore.ErrNoGetBody
	similar := request(cachecore.HitL2, doc1)
	similar.Status.Refused = true
	coarsened := request(cachecore.Miss, doc1)
	coarsened.Coarsened = true
	refused := request(cachecore.Unknown, doc1)
	refused.Code = http.StatusServiceUnavailable
	odd := request(cachecore.Unknown, doc1)
	odd.Code = 799
	failed := func(err error) cachecore.RequestEvent {
		return cachecore.RequestEvent{Deps: []cachecore.Dep{doc1}, Status: cachecore.CacheStatus{Status: cachecore.Unknown}, Err: err}
	}
	tests := map[string]struct {
		event cachecore.RequestEvent
		want  []string
	}{
		"hit of two kinds": {request(cachecore.HitL1, doc1, user, doc2), []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=HIT_L1}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=HIT_L1}",
			"cachecore.request.kinds{cachecore.kind=user,cachecore.status=HIT_L1}",
		}},
		"without deps": {request(cachecore.Miss), []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=MISS}",
		}},
		"id without a colon": {request(cachecore.Miss, cachecore.NewDep("doc")), []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=MISS}",
			"cachecore.request.kinds{cachecore.kind=other,cachecore.status=MISS}",
		}},
		"no text": {request(cachecore.Miss, cachecore.NewDep("a\xff:1"), cachecore.NewDep(strings.Repeat("k", 65)+":1")), []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=MISS}",
			"cachecore.request.kinds{cachecore.kind=other,cachecore.status=MISS}",
		}},
		"does not fit": {degraded, []string{
			"cachecore.requests{cachecore.bypass.reason=unsendable,cachecore.coarsened=false,cachecore.status=BYPASS}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=BYPASS}",
		}},
		"invalid dep": {invalid, []string{
			"cachecore.requests{cachecore.bypass.reason=invalid_dep,cachecore.coarsened=false,cachecore.status=BYPASS}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=BYPASS}",
			"cachecore.request.kinds{cachecore.kind=user,cachecore.status=BYPASS}",
		}},
		"uncommitted": {uncommitted, []string{
			"cachecore.requests{cachecore.bypass.reason=uncommitted,cachecore.coarsened=false,cachecore.status=BYPASS}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=BYPASS}",
		}},
		"exact only, no GetBody": {noGetBody, []string{
			"cachecore.requests{cachecore.bypass.reason=no_get_body,cachecore.coarsened=false,cachecore.status=BYPASS}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=BYPASS}",
		}},
		"exact only, refused": {similar, []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=REFUSED_L2}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=REFUSED_L2}",
		}},
		"coarsened": {coarsened, []string{
			"cachecore.requests{cachecore.coarsened=true,cachecore.status=MISS}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=MISS}",
		}},
		"refused": {refused, []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=UNKNOWN,error.type=503}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=UNKNOWN,error.type=503}",
		}},
		"no HTTP status": {odd, []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=UNKNOWN,error.type=_OTHER}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=UNKNOWN,error.type=_OTHER}",
		}},
		"canceled": {failed(fmt.Errorf("send: %w", context.Canceled)), []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=UNKNOWN,error.type=canceled}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=UNKNOWN,error.type=canceled}",
		}},
		"timeout": {failed(os.ErrDeadlineExceeded), []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=UNKNOWN,error.type=timeout}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=UNKNOWN,error.type=timeout}",
		}},
		"no connection": {failed(errors.New("refused")), []string{
			"cachecore.requests{cachecore.coarsened=false,cachecore.status=UNKNOWN,error.type=_OTHER}",
			"cachecore.request.kinds{cachecore.kind=doc,cachecore.status=UNKNOWN,error.type=_OTHER}",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, values := newObserver(t)
			o.Request(t.Context(), test.event)
			o.Request(t.Context(), test.event)
			want := map[string]float64{}
			for _, s := range test.want {
				want[s] = 2
			}
			if got := values(); !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestInvalidations(t *testing.T) {
	t.Parallel()
	dep := cachecore.NewDep("doc:1")
	invalid := cachecore.NewDep("doc:")
	tests := map[string]struct {
		dep     cachecore.Dep
		err     error
		failure string
	}{
		"done":        {dep, nil, ""},
		"invalid dep": {invalid, invalid.Err(), "invalid_dep"},
		"closed":      {dep, cachecore.ErrClosed, "closed"},
		"answer":      {dep, &cachecore.AuthError{Err: &cachecore.Error{StatusCode: 403}}, "403"},
		"no receipt":  {dep, errors.New("not a receipt"), "_OTHER"},
		"redirect":    {dep, &cachecore.Error{StatusCode: 302}, "_OTHER"},
		"timeout":     {dep, context.DeadlineExceeded, "timeout"},
		"hung up":     {dep, context.Canceled, "canceled"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, values := newObserver(t)
			result := cachecore.InvalidateResult{Dep: test.dep, Attempts: 3, KeysDeleted: 7}
			suffix := "}"
			if test.err != nil {
				result.Err = &cachecore.InvalidateError{Dep: test.dep, Err: test.err}
				suffix = ",error.type=" + test.failure + "}"
			}
			o.Invalidation(t.Context(), cachecore.InvalidationEvent{InvalidateResult: result, Cause: cachecore.CauseLateFill, Duration: time.Second})
			want := map[string]float64{
				"cachecore.invalidations{cachecore.cause=late_fill,cachecore.kind=doc" + suffix: 1,
				"cachecore.invalidation.duration{cachecore.kind=doc" + suffix:                   1,
				"cachecore.invalidation.attempts{cachecore.cause=late_fill,cachecore.kind=doc}": 3,
				"cachecore.invalidation.answers{cachecore.cause=late_fill,cachecore.kind=doc}":  7,
			}
			if got := values(); !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestBackground(t *testing.T) {
	t.Parallel()
	o, values := newObserver(t)
	o.Background(cachecore.CauseCall, 5)
	o.Background(cachecore.CauseCall, -2)
	o.Background(cachecore.CauseSecondPass, 1)
	o.GaveUp(map[cachecore.Cause]int{cachecore.CauseCall: 3})
	want := map[string]float64{
		"cachecore.background.deps{cachecore.cause=call}":        3,
		"cachecore.background.deps{cachecore.cause=second_pass}": 1,
		"cachecore.given_up.deps{cachecore.cause=call}":          3,
	}
	if got := values(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Deps made by hand cannot make an unbounded number of series, and no request
// loses its place in the sums.
func TestKindsAreBounded(t *testing.T) {
	t.Parallel()
	o, values := newObserver(t)
	const n = 1000
	for i := range n {
		o.Request(t.Context(), request(cachecore.Miss, cachecore.NewDep(fmt.Sprintf("kind%d:1", i))))
	}
	o.Request(t.Context(), request(cachecore.Miss, cachecore.NewDep("kind0:2"))) // keeps its name
	got := values()
	if len(got) != 1+200+1 {
		t.Errorf("%d series, want the total, 200 kinds and other", len(got))
	}
	for s, want := range map[string]float64{
		"cachecore.request.kinds{cachecore.kind=kind0,cachecore.status=MISS}": 2,
		"cachecore.request.kinds{cachecore.kind=other,cachecore.status=MISS}": n - 200,
	} {
		if got[s] != want {
			t.Errorf("%s is %v, want %v", s, got[s], want)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	o, values := newObserver(t)
	spans := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("sdk")
	ctx, span := tracer.Start(t.Context(), "chat")
	event := request(cachecore.Bypass, cachecore.NewDep("doc:secret-id"), cachecore.NewDep("doc:2"), cachecore.NewDep("user:secret-id"))
	event.Status.Err = errors.New("secret-id does not fit")
	event.Status.Age = 90 * time.Second
	event.Code, event.Coarsened = http.StatusBadGateway, true
	o.Request(ctx, event)
	span.End()
	got := attribute.NewSet(spans.Ended()[0].Attributes()...)
	want := attribute.NewSet(
		attribute.String("cachecore.status", "BYPASS"),
		attribute.StringSlice("cachecore.kinds", []string{"doc", "user"}),
		attribute.Int("cachecore.deps", 3),
		attribute.Float64("cachecore.age", 90),
		attribute.Bool("cachecore.coarsened", true),
		attribute.String("cachecore.bypass.reason", "unsendable"),
	)
	if !got.Equals(&want) {
		t.Errorf("the span has %v, want %v", got.Encoded(attribute.DefaultEncoder()), want.Encoded(attribute.DefaultEncoder()))
	}
	for s := range values() {
		if strings.Contains(s, "secret") {
			t.Errorf("%s contains an id", s)
		}
	}
}

func TestOptions_Refused(t *testing.T) {
	t.Parallel()
	_, err := otelcachecore.NewObserver(nil, otelcachecore.WithMeterProvider(nil))
	want := "otelcachecore: an option is nil\nWithMeterProvider: the provider is nil; leave the option out for the global one"
	if err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}
