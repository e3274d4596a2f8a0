package cachecore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// instant answers at once, with a response that it made before.
func instant(status string) roundTripFunc {
	h, body := http.Header{"X-Cache": {status}}, io.NopCloser(strings.NewReader(""))
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: h, Body: body, ContentLength: -1}, nil
	}
}

// sdkRequest returns a request with as many headers as SDKs send.
func sdkRequest(tb testing.TB, deps int) *http.Request {
	tb.Helper()
	ctx := cachecore.WithDeps(context.Background(), numbered("doc", deps)...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/v1/chat/completions", http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range 11 {
		req.Header.Set(fmt.Sprintf("X-Header-%d", i), "value")
	}
	return req
}

// bareClone does the minimum that any RoundTripper that adds a header must do.
func bareClone(base http.RoundTripper) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) { return base.RoundTrip(req.Clone(req.Context())) }
}

// Allocations are counted for the whole process, so this test runs alone.
func TestRoundTrip_AllocatesLittleOverClone(t *testing.T) { //nolint:paralleltest // see above
	count := func(rt http.RoundTripper, req *http.Request) float64 {
		return testing.AllocsPerRun(200, func() {
			if _, err := rt.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, status := range []string{"HIT_L1", "MISS", "BYPASS"} {
		base := instant(status)
		c := inMemory(t, base)
		clone := count(bareClone(base), sdkRequest(t, 0))
		one, fifty := count(c.Transport(), sdkRequest(t, 1)), count(c.Transport(), sdkRequest(t, 50))
		if one > clone+2 || one != fifty {
			t.Errorf("%s: %v allocations with 1 dep, %v with 50, %v for a clone; want at most 2 more", status, one, fifty, clone)
		}
	}
}

// Allocations are counted for the whole process, so this test runs alone.
func TestBody_ClosesWithoutAllocating(t *testing.T) { //nolint:paralleltest // see above
	resp, err := inMemory(t, instant("HIT_L1")).Transport().RoundTrip(sdkRequest(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(200, func() { _ = resp.Body.Close() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Allocations are counted for the whole process, so this test runs alone.
func TestUse_AllocatesNothingAgain(t *testing.T) { //nolint:paralleltest // see above
	outer := cachecore.Track(context.Background())
	table := cachecore.NewDep("table:docs")
	for name, ctx := range map[string]context.Context{
		"tracked": outer, "nested": cachecore.Track(outer), "not tracked": context.Background(),
	} {
		for _, d := range []cachecore.Dep{
			cachecore.NewDep("doc:1"),
			cachecore.NewDep("doc:2").WithHash("7").PartOf(table).GroupedBy(table),
			cachecore.NewDep(""), // recorded too, to make the request a bypass
		} {
			cachecore.Use(ctx, d)
			_ = sentWith(ctx, t) // a request makes the set, which must not be made again
			many := func() {     // one call alone may not show that a slice grows
				for range 1000 {
					cachecore.Use(ctx, d)
				}
			}
			if n := testing.AllocsPerRun(5, many); n != 0 {
				t.Errorf("%s, %q: %v allocations in 1,000 calls", name, d, n)
			}
		}
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	base := instant("HIT_L1")
	c := inMemory(b, base)
	for _, bb := range []struct {
		name string
		rt   http.RoundTripper
		deps int
	}{
		{"clone", bareClone(base), 0},
		{"deps=0", c.Transport(), 0},
		{"deps=1", c.Transport(), 1},
		{"deps=50", c.Transport(), 50},
	} {
		b.Run(bb.name, func(b *testing.B) {
			req := sdkRequest(b, bb.deps)
			b.ReportAllocs()
			for b.Loop() {
				resp, err := bb.rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}

func BenchmarkWithDeps(b *testing.B) {
	for _, n := range []int{1, 5, 50, 1000} {
		b.Run(fmt.Sprintf("deps=%d", n), func(b *testing.B) {
			deps := numbered("doc", n, cachecore.NewDep("table:docs"))
			b.ReportAllocs()
			for b.Loop() {
				_ = cachecore.WithDeps(context.Background(), deps...)
			}
		})
	}
}

func BenchmarkScope(b *testing.B) {
	for _, n := range []int{1, 5, 50} {
		deps := numbered("doc", n)
		ctx := cachecore.WithDeps(context.Background(), deps...)
		b.Run(fmt.Sprintf("deps=%d/kept", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = cachecore.Scope(ctx)
			}
		})
		b.Run(fmt.Sprintf("deps=%d/more", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = cachecore.Scope(ctx, "notice period")
			}
		})
		b.Run(fmt.Sprintf("deps=%d/first", n), func(b *testing.B) {
			var fresh []context.Context
			b.ReportAllocs()
			for b.Loop() {
				if len(fresh) == 0 {
					b.StopTimer()
					for range 1000 {
						fresh = append(fresh, cachecore.WithDeps(context.Background(), deps...))
					}
					b.StartTimer()
				}
				_ = cachecore.Scope(fresh[0])
				fresh = fresh[1:]
			}
		})
	}
}

// BenchmarkInvalidate sends 1,000 invalidations over loopback, and as many bare
// requests with the same concurrency over kept connections.
func BenchmarkInvalidate(b *testing.B) {
	const n, workers = 1000, 64
	g := newBusyGateway(b, 1<<30, 1)
	b.Run("client", func(b *testing.B) {
		c := newClient(b, g.URL, cachecore.WithConcurrency(workers))
		deps := numbered("doc", n)
		b.ReportAllocs()
		for b.Loop() {
			if err := c.Invalidate(context.Background(), deps...); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		base := http.DefaultTransport.(*http.Transport).Clone()
		base.MaxIdleConnsPerHost = workers
		defer base.CloseIdleConnections()
		hc := &http.Client{Transport: base}
		b.ReportAllocs()
		for b.Loop() {
			bareLoop(b, hc, g.URL+"/v1/invalidate", n, workers)
		}
	})
}

func bareLoop(b *testing.B, hc *http.Client, url string, n, workers int) {
	b.Helper()
	jobs := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range jobs {
				body := fmt.Appendf(nil, `{"dep_id":"doc:%d","new_hash":"x"}`, i)
				resp, err := hc.Post(url, "application/json", bytes.NewReader(body)) //nolint:noctx // as bare as can be
				if err != nil {
					b.Error(errors.Unwrap(err))
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	for i := range n {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
}
