package otelcachecore_test

import (
	"context"
	"errors"
	"fmt"
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
// "cachecore.requests{cachecore.status=MISS}". A histogram has its count.
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

// errRefused is the error of ask for an answer other than 200.
var errRefused = errors.New("answered")

// ask sends a chat completion request and reads the answer.
func ask(ctx context.Context, c *cachecore.Client, url, question string) error {
	return post(ctx, c, url, `{"model":"m","messages":[{"role":"user","content":"`+question+`"}]}`)
}

// stream works like ask and wants the answer as a stream.
func stream(ctx context.Context, c *cachecore.Client, url, question string) error {
	return post(ctx, c, url, `{"model":"m","stream":true,"messages":[{"role":"user","content":"`+question+`"}]}`)
}

func post(ctx context.Context, c *cachecore.Client, url, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.HTTPClient().Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%w %d", errRefused, resp.StatusCode)
	}
	return err
}
