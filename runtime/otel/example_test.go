package otelcachecore_test

import (
	"fmt"

	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/depgen/depgen/runtime/cachecore"
	otelcachecore "github.com/depgen/depgen/runtime/otel"
)

func newClient(url, token string) (*cachecore.Client, error) {
	observer, err := otelcachecore.NewObserver()
	if err != nil {
		return nil, err
	}
	return cachecore.New(url, token, cachecore.WithObserver(observer))
}

func ExampleNewObserver() {
	client, err := newClient("http://127.0.0.1:8080", "token")
	fmt.Println(client, err)
	// Output: cachecore.Client(http://127.0.0.1:8080) <nil>
}

func ExampleWithMeterProvider() {
	exporter, err := prometheus.New()
	if err != nil {
		panic(err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter))
	observer, err := otelcachecore.NewObserver(otelcachecore.WithMeterProvider(provider))
	if err != nil {
		panic(err)
	}
	observer.Background(cachecore.CauseCall, 1) // a client does this
	// Output:
}
