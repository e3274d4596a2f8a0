package otelcachecore_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/cachecore"
	otelcachecore "github.com/depgen/depgen/runtime/otel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newObserver returns an observer, and a function that returns the values of
// its metrics by name and attributes, such as
// "cachecore.requests{cachecore.status=MISS}". A histogram's value is its count.
func newObserver(t testing.TB) (cachecore.Observer, func() map[string]float64) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	o, err := otelcachecore.NewObserver(otelcachecore.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	return o, func() map[string]float64 { return values(t, reader) }
}

func values(t testing.TB, reader *sdkmetric.ManualReader) map[string]float64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					found[series(m.Name, p.Attributes)] = float64(p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					found[series(m.Name, p.Attributes)] = float64(p.Count)
				}
			default:
				t.Fatalf("%s is a %T", m.Name, d)
			}
		}
	}
	return found
}

func series(name string, set attribute.Set) string {
	return name + "{" + set.Encoded(attribute.DefaultEncoder()) + "}"
}

// ask sends a chat completion request and reads the answer.
func ask(ctx context.Context, c *cachecore.Client, url, question string) error {
	body := `{"model":"m","messages":[{"role":"user","content":"` + question + `"}]}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.HTTPClient().Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return err
}
