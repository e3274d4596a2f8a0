package otelcachecore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
	otelcachecore "github.com/depgen/depgen/runtime/otel"
	"github.com/depgen/depgen/testdata/schemas/chinook"
)

// application asks and invalidates with the kinds of the Chinook schema, under
// faults, and serves its metrics.
type application struct {
	gateway  *cachecoretest.Gateway
	observer cachecore.Observer
	metrics  *httptest.Server
	phase    atomic.Int64 // exported as the metric "phase"
	hanging  chan struct{}

	degraded           int            // requests that were sent so
	refused, reset     map[string]int // faults that requests met, by kind
	forbidden, failing map[string]int // faults that invalidations met, by kind
	hungUp             map[string]int // requests, by kind
}

func newApplication(t *testing.T) *application {
	t.Helper()
	a := &application{
		hanging: make(chan struct{}),
		refused: map[string]int{}, reset: map[string]int{},
		forbidden: map[string]int{}, failing: map[string]int{},
		hungUp: map[string]int{},
	}
	model := devgateway.Answer(func(ctx context.Context, q devgateway.Question) (string, error) {
		if strings.HasPrefix(q.Last(), "hang") {
			a.hanging <- struct{}{}
			<-ctx.Done()
			return "", ctx.Err()
		}
		return "an answer", nil
	})
	a.gateway = cachecoretest.NewGateway(t, cachecoretest.AllowDegraded(), cachecoretest.WithUpstream(model),
		cachecoretest.WithEngine(devgateway.WithBypassLimit(1_000_000)))

	registry := prometheus.NewRegistry()
	exporter, err := promexporter.New(promexporter.WithRegisterer(registry))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))
	if a.observer, err = otelcachecore.NewObserver(otelcachecore.WithMeterProvider(provider)); err != nil {
		t.Fatal(err)
	}
	phase := prometheus.NewGauge(prometheus.GaugeOpts{Name: "phase", Help: "What the application has done."})
	registry.MustRegister(phase)
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	var one sync.Mutex
	a.metrics = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		phase.Set(float64(a.phase.Load())) // before the metrics are read
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		a.metrics.CloseClientConnections()
		a.metrics.Close()
	})
	return a
}

// awaitScrape waits until the server has the metrics as they are now.
func (a *application) awaitScrape(t *testing.T, s *server) {
	t.Helper()
	n := float64(a.phase.Add(1))
	poll(t, "prometheus has scraped", func() bool { return s.query(t, "phase")["phase "+a.instance()+" application"] == n })
}

// instance returns the host and the port of the metrics.
func (a *application) instance() string { return a.metrics.Listener.Addr().String() }

// do runs f with a client of its own, which ends with all its work.
func (a *application) do(t *testing.T, f func(c *cachecore.Client)) {
	t.Helper()
	c := a.gateway.Client(cachecore.WithObserver(a.observer), cachecore.WithLogger(slog.New(slog.DiscardHandler)), cachecore.WithFillWindow(50*time.Millisecond),
		cachecore.WithTimeout(5*time.Minute), cachecore.WithRetry(cachecore.RetryPolicy{BaseDelay: time.Millisecond}))
	f(c)
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// workers is the number of goroutines that ask and invalidate.
const workers = 6

func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// mixed asks for hits, misses and bypasses of all kinds while data changes.
func (a *application) mixed(t *testing.T, seed uint64) {
	t.Helper()
	const n = 600
	album := func(i int) cachecore.Dep { return chinook.DepAlbum(chinook.AlbumID(i % 3)) }
	a.do(t, func(c *cachecore.Client) {
		ctx := cachecore.WithInvalidator(t.Context(), c)
		together(n, func(i int) {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			read, id := cachecore.Track(ctx), random.IntN(4)
			var err error
			switch i % 10 {
			case 0:
				err = chinook.InvalidateAlbum(ctx, chinook.AlbumID(id))
			case 1:
				err = chinook.InvalidateCustomer(ctx, chinook.CustomerID(id))
			case 2: // degraded
				err = a.ask(cachecore.WithDeps(ctx, album(i), cachecore.InvalidDep("track", errors.New("no id"))), c, "invalid")
			case 3:
				err = a.ask(cachecore.WithBypass(ctx), c, "bypass")
			case 4:
				err = a.ask(ctx, c, "no deps")
			case 5: // its group is the artist
				chinook.UseArtistAlbums(read, chinook.ArtistID(id))
				err = a.ask(read, c, "albums of an artist")
			case 6:
				chinook.UseCustomer(read, chinook.CustomerID(id))
				err = a.ask(read, c, "customer")
			case 7:
				chinook.UseTable(read, chinook.TableGenre)
				chinook.UseCustomer(read, chinook.CustomerID(id))
				err = a.ask(read, c, "genres of a customer")
			default:
				err = a.ask(cachecore.WithDeps(read, album(id), album(id+1)), c, fmt.Sprintf("albums %d", random.IntN(30)))
			}
			if err != nil {
				t.Error(err)
			}
		})
	})
	a.degraded += n / 10
}

// requestFaults lets requests of one kind fail: some are refused, others lose
// their connection.
func (a *application) requestFaults(t *testing.T, kind string, refused, reset int) {
	t.Helper()
	a.gateway.Fail(cachecoretest.Completions, refused, cachecoretest.Fault{Status: http.StatusServiceUnavailable})
	a.gateway.Fail(cachecoretest.Completions, reset, cachecoretest.Fault{Reset: true})
	a.do(t, func(c *cachecore.Client) {
		ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep(kind+":1"))
		var failed atomic.Int64
		together(refused+reset, func(int) {
			if err := a.ask(ctx, c, "fault"); err == nil {
				t.Error("a request met no fault")
			} else if !errors.Is(err, errRefused) {
				failed.Add(1)
			}
		})
		if got := int(failed.Load()); got != reset {
			t.Errorf("%d requests lost their connections, want %d", got, reset)
		}
	})
	a.refused[kind] += refused
	a.reset[kind] += reset
}

// invalidationFaults lets invalidations of one kind fail: some finally, others
// until they are repeated.
func (a *application) invalidationFaults(t *testing.T, kind string, forbidden, failing int) {
	t.Helper()
	a.gateway.Fail(cachecoretest.Invalidate, forbidden, cachecoretest.Fault{Status: http.StatusForbidden})
	a.gateway.Fail(cachecoretest.Invalidate, failing, cachecoretest.Fault{Status: http.StatusBadGateway})
	a.do(t, func(c *cachecore.Client) {
		var failed atomic.Int64
		together(forbidden+failing, func(i int) {
			// By id, because the generated function invalidates the table too.
			if c.Invalidate(t.Context(), cachecore.NewDep(fmt.Sprintf("%s:%d", kind, i))) != nil {
				failed.Add(1)
			}
		})
		if got := int(failed.Load()); got != forbidden {
			t.Errorf("%d invalidations of the kind %s failed, want %d", got, kind, forbidden)
		}
	})
	a.forbidden[kind] += forbidden
	a.failing[kind] += failing
}

// hangUps lets the callers of n requests of a kind leave before the answer.
func (a *application) hangUps(t *testing.T, kind string, n int) {
	t.Helper()
	a.do(t, func(c *cachecore.Client) {
		ctx, cancel := context.WithCancel(cachecore.WithDeps(t.Context(), cachecore.NewDep(kind+":1")))
		defer cancel()
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				// The gateway reads an answer to its end unless it is a stream.
				if err := stream(ctx, c, a.gateway.URL(), fmt.Sprintf("hang %d", i)); !errors.Is(err, context.Canceled) {
					t.Errorf("the error is %v, want that of the context", err)
				}
			})
		}
		go func() { // a request that comes back too early must not block the test
			wg.Wait()
			cancel()
		}()
		for range n {
			select {
			case <-a.hanging:
			case <-ctx.Done():
			}
		}
		cancel()
		wg.Wait()
	})
	a.hungUp[kind] += n
	left := 0
	for _, n := range a.hungUp {
		left += n
	}
	poll(t, "the gateway has seen that its clients left", func() bool {
		n := 0
		for _, r := range a.gateway.Requests() {
			if r.Code == codeLeft {
				n++
			}
		}
		return n == left
	})
}

func (a *application) ask(ctx context.Context, c *cachecore.Client, question string) error {
	return ask(ctx, c, a.gateway.URL(), question)
}
