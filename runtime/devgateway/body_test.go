package devgateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// pipes is a listener whose connections use a bubble's clock.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.close(); return nil }

func (*pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// The gateway gives up on a body that stalls, with and without a token. This
// includes the body of a refused request.
func TestBodyThatStalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path string
		token      bool
		pause      time.Duration // between two bytes of the body; 0 if it has only one
		code       int
		after      time.Duration
	}{
		{"without a token", completions, false, 0, 408, 30 * time.Second},
		{"with a token", completions, true, 0, 408, 30 * time.Second},
		{"of an invalidation", invalidate, true, 0, 408, 30 * time.Second},
		{"of a request that is refused", "/v1/embeddings", false, 0, 404, 5 * time.Second},
		{"that trickles", completions, false, 20 * time.Second, 408, 2 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener := newPipes()
				server := &http.Server{Handler: newGateway(t, newClock())}
				var serving sync.WaitGroup
				serving.Go(func() { _ = server.Serve(listener) })
				conn, begun := listener.dial(), time.Now()
				defer func() {
					conn.Close()
					server.Close()
					serving.Wait()
				}()
				if err := conn.SetDeadline(begun.Add(time.Hour)); err != nil { // the test's own timeout
					t.Fatal(err)
				}
				token := ""
				if tt.token {
					token = "X-Cachecore-Token: " + mint(t, devgateway.Claims{Tenant: "acme"}) + "\r\n"
				}
				fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n%s\r\n{", tt.path, token)
				var trickle sync.WaitGroup
				trickle.Go(func() {
					for tt.pause > 0 {
						time.Sleep(tt.pause)
						if _, err := conn.Write([]byte{' '}); err != nil {
							return
						}
					}
				})
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatalf("after %v: %v", time.Since(begun), err)
				}
				if waited := time.Since(begun); resp.StatusCode != tt.code || waited != tt.after {
					t.Errorf("got %d after %v, want %d after %v", resp.StatusCode, waited, tt.code, tt.after)
				}
				conn.Close()
				trickle.Wait()
			})
		})
	}
}

// After sending its body, a client may wait for its answer for any length of
// time.
func TestBodyTimeoutEndsWithTheBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener, up := newPipes(), newHeld()
		server := &http.Server{Handler: newGateway(t, newClock(), devgateway.WithUpstream(up))}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(listener) })
		conn := listener.dial()
		defer func() {
			conn.Close()
			server.Close()
			serving.Wait()
		}()
		body := question("hello")
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", completions, len(body), body)
		call := <-up.calls
		time.Sleep(5 * time.Minute)
		call.json(`{"choices":[1]}`)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("got %v, %v", resp, err)
		}
	})
}

// The gateway reads 64 MiB of long bodies at a time. Further long bodies wait
// in the order in which they came; short bodies do not wait. The test uses
// bypasses because they are the fastest.
func TestLongBodiesShareTheirMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up, bypass := newHeld(), unset("Authorization")
		g := newGateway(t, newClock(), devgateway.WithUpstream(up))
		long := `{"messages":["` + strings.Repeat("x", 9<<20) + `"]}`
		var all []*pending
		for range 10 {
			all = append(all, send(t, g, long, bypass))
		}
		if n := len(up.calls); n != 7 {
			t.Fatalf("%d bodies of 9 MiB are under way, want 7", n)
		}
		all = append(all, send(t, g, "{}", bypass))
		if n := len(up.calls); n != 8 {
			t.Fatalf("%d bodies are under way, want the short one too", n)
		}
		for range 3 {
			(<-up.calls).json(`{"choices":[1]}`)
			if synctest.Wait(); len(up.calls) != 8 {
				t.Fatalf("%d bodies are under way, want 8", len(up.calls))
			}
		}
		for range 8 {
			(<-up.calls).json(`{"choices":[1]}`)
		}
		for i, p := range all {
			if synctest.Wait(); !p.returned || p.Code != 200 {
				t.Errorf("request %d: %v", i, p)
			}
		}
	})
}

// A long body of unknown length reserves the maximum length until it has
// arrived.
func TestLongBodiesOfUnknownLengthShareTheirMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up := newHeld()
		g := newGateway(t, newClock(), devgateway.WithUpstream(up))
		open, feed := io.Pipe()
		var all sync.WaitGroup
		stalled := httptest.NewRecorder()
		ask := func(w http.ResponseWriter, body io.Reader) {
			r := newRequest(t.Context(), completions, "", tenant(t, "acme"))
			r.Body, r.ContentLength = io.NopCloser(body), -1
			all.Go(func() { g.ServeHTTP(w, r) })
			synctest.Wait()
		}
		ask(stalled, open)
		for i := range 20 { // each is short, so that it fits into the remaining memory
			ask(httptest.NewRecorder(), strings.NewReader(question(fmt.Sprint(i))))
		}
		if n := len(up.calls); n != 20 {
			t.Errorf("%d short bodies are under way, want 20", n)
		}
		fmt.Fprint(feed, question("open"))
		feed.Close()
		for range 21 {
			(<-up.calls).json(`{"choices":[1]}`)
		}
		all.Wait()
	})
}

// padding makes a body long: JSON may begin with spaces.
var padding = strings.Repeat(" ", 64<<10)

// Six long bodies of unknown length take all memory while they are being sent.
func TestBodyThatGetsNoMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, newClock(), devgateway.WithUpstreamTimeout(time.Minute))
		unannounced := func(body io.Reader) *pending {
			ctx, leave := context.WithCancel(t.Context())
			p := &pending{ResponseRecorder: httptest.NewRecorder(), leave: leave}
			r := newRequest(ctx, completions, "", tenant(t, "acme"))
			r.Body, r.ContentLength = io.NopCloser(body), -1
			go func() {
				g.ServeHTTP(p, r)
				p.returned = true
			}()
			synctest.Wait()
			return p
		}
		var first []*pending
		var feeds []*io.PipeWriter
		for range 6 {
			body, feed := io.Pipe()
			first, feeds = append(first, unannounced(body)), append(feeds, feed)
			fmt.Fprint(feed, padding)
			synctest.Wait()
		}
		unannounced(strings.NewReader(question("short"))).want(t, `200 MISS {"choices":[1]}`)
		refused, left := unannounced(strings.NewReader(padding+"{}")), unannounced(strings.NewReader(padding+"{}"))
		refused.want(t, waiting)
		left.leave()
		left.want(t, "200  ") // the recorder's zero value: no answer was sent to it
		time.Sleep(time.Minute)
		synctest.Wait()
		reply{refused.Code, refused.Header(), refused.Body.String()}.wantProblem(t, 503, "overloaded")
		if refused.Header().Get("Retry-After") != "1" {
			t.Errorf("Retry-After is %q", refused.Header().Get("Retry-After"))
		}
		for i, feed := range feeds {
			fmt.Fprint(feed, question(fmt.Sprint(i)))
			feed.Close()
		}
		for i, p := range first {
			if synctest.Wait(); !p.returned || p.Code != 200 {
				t.Errorf("request %d: %v", i, p)
			}
		}
		unannounced(strings.NewReader(question("later"))).want(t, `200 MISS {"choices":[8]}`)
	})
}

// A gateway keeps a long body in memory once, without further copies. The test
// does not run in parallel with others, because their memory would be counted.
func TestMemoryOfALongBody(t *testing.T) { //nolint:paralleltest // see above
	g := newGateway(t, newClock())
	body := question(strings.Repeat("x", 9<<20))
	w := httptest.NewRecorder()
	r := newRequest(t.Context(), completions, body, tenant(t, "acme"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g.ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	if n := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(body)); w.Code != 200 || n > 2.5 {
		t.Errorf("got %d; the body costs %.1f times its length, want 2.5 at most", w.Code, n)
	}
}
