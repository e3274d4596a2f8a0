package devgateway_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// benchGateway returns a gateway that logs like depgen gateway, and a request
// that it answers from its cache: a body of a kilobyte, a token and two deps.
func benchGateway(b *testing.B, opts ...devgateway.Option) (*devgateway.Gateway, *http.Request, []byte) {
	b.Helper()
	g, err := devgateway.New(append(opts,
		devgateway.WithSecret([]byte(secret)),
		devgateway.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))), //nolint:sloglint // formatting a line is part of a hit
	)...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := g.Close(b.Context()); err != nil {
			b.Error(err)
		}
	})
	body := []byte(`{"model":"echo","messages":[{"role":"system","content":"Answer in one paragraph."},{"role":"user","content":"` +
		strings.Repeat("The parties agree on what is written here. ", 24) + `"}]}`)
	r := newRequest(b.Context(), "http://gateway"+completions, string(body),
		claims(b, devgateway.Claims{Tenant: "acme", Roles: []string{"reader"}}), deps("doc:contract-1", "table:docs"))
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
	return g, r, body
}

// discard is a ResponseWriter for benchmarks.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkHit measures the handler alone.
func BenchmarkHit(b *testing.B) {
	g, r, body := benchGateway(b)
	w := discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		r.Body = io.NopCloser(bytes.NewReader(body))
		g.ServeHTTP(w, r)
	}
	if got := w.header.Get("X-Cache"); got != "HIT_L1" {
		b.Errorf("X-Cache: %q", got)
	}
}

// BenchmarkHitServed measures hits over loopback, and a handler that only
// writes the same bytes, for comparison.
func BenchmarkHitServed(b *testing.B) {
	g, r, body := benchGateway(b)
	w := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.ServeHTTP(w, r)
	bare := http.HandlerFunc(func(to http.ResponseWriter, _ *http.Request) {
		maps.Copy(to.Header(), w.Header())
		to.Write(w.Body.Bytes()) //nolint:errcheck // the client notices
	})
	r.Body = io.NopCloser(bytes.NewReader(body))
	var request bytes.Buffer
	if err := r.Write(&request); err != nil {
		b.Fatal(err)
	}
	for name, handler := range map[string]http.Handler{"gateway": g, "bare": bare} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler)
			defer server.Close()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", server.Listener.Addr().String())
				if err != nil {
					b.Error(err)
					return
				}
				defer conn.Close()
				answers := bufio.NewReader(conn)
				for pb.Next() {
					if _, err := conn.Write(request.Bytes()); err != nil {
						b.Error(err)
						return
					}
					resp, err := http.ReadResponse(answers, nil)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if got := resp.Header.Get("X-Cache"); got != "HIT_L1" {
						b.Errorf("X-Cache: %q", got)
						return
					}
				}
			})
		})
	}
}

// BenchmarkHitWithDebugPage measures hits over loopback, one after the other,
// while the debug page is closed, and while a browser reads its events. It
// reports the 99th percentile too.
func BenchmarkHitWithDebugPage(b *testing.B) {
	g, r, body := benchGateway(b, devgateway.WithDebugPage())
	server := httptest.NewServer(g)
	defer server.Close()
	r.URL.Host, r.RequestURI = server.Listener.Addr().String(), ""
	for _, open := range []bool{false, true} {
		b.Run(map[bool]string{false: "closed", true: "open"}[open], func(b *testing.B) {
			if open {
				resp, err := server.Client().Get(server.URL + "/debug/events") //nolint:noctx // closing the body ends it
				if err != nil {
					b.Fatal(err)
				}
				defer resp.Body.Close()
				go io.Copy(io.Discard, resp.Body) //nolint:errcheck // until it is closed
			}
			var times []time.Duration
			for b.Loop() {
				r.Body = io.NopCloser(bytes.NewReader(body))
				begun := time.Now()
				resp, err := server.Client().Do(r)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				times = append(times, time.Since(begun))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
		})
	}
}
