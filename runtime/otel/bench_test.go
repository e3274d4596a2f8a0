package otelcachecore_test

import (
	"fmt"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/depgen/depgen/runtime/cachecore"
	otelcachecore "github.com/depgen/depgen/runtime/otel"
)

func benchObserver(b *testing.B) cachecore.Observer {
	b.Helper()
	o, err := otelcachecore.NewObserver(otelcachecore.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))))
	if err != nil {
		b.Fatal(err)
	}
	return o
}

// BenchmarkRequest measures the observer for one request, with the metrics of
// the SDK.
func BenchmarkRequest(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprintf("deps=%d", n), func(b *testing.B) {
			o := benchObserver(b)
			var deps []cachecore.Dep
			for i := range n {
				deps = append(deps, cachecore.NewDep(fmt.Sprintf("kind%d:%d", i%5, i)))
			}
			event := request(cachecore.HitL1, deps...)
			b.ReportAllocs()
			for b.Loop() {
				o.Request(b.Context(), event)
			}
		})
	}
}

func BenchmarkInvalidation(b *testing.B) {
	o := benchObserver(b)
	event := cachecore.InvalidationEvent{
		InvalidateResult: cachecore.InvalidateResult{Dep: cachecore.NewDep("doc:1"), Attempts: 1, KeysDeleted: 2},
		Cause:            cachecore.CauseCall, Duration: 20 * time.Millisecond,
	}
	b.ReportAllocs()
	for b.Loop() {
		o.Invalidation(b.Context(), event)
	}
}
