package devgateway_test

import (
	"bufio"
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

// pipes is a listener whose connections obey a bubble's clock.
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

// A body that stops coming ends, whoever sends it and whatever becomes of the request.
func TestBodyThatStalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path string
		token      bool
		pause      time.Duration // between two bytes of the body; 0 if there is only one
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
				if err := conn.SetDeadline(begun.Add(time.Hour)); err != nil { // the test's own patience
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

// A client that has sent its body may wait for its answer as long as that takes.
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
		if err != nil || resp.StatusCode != 200 {
			t.Errorf("got %v, %v", resp, err)
		}
	})
}

// longBodies sends n completion requests of 9 MiB, each another one.
func longBodies(t *testing.T, g http.Handler, n int, headers ...header) []*pending {
	t.Helper()
	long := question(strings.Repeat("x", 9<<20))
	all := make([]*pending, n)
	for i := range all {
		all[i] = send(t, g, fmt.Sprintf(`{"n":%d,%s`, i, long[1:]), headers...)
	}
	return all
}

// 64 MiB of bodies are under way at a time; the others wait in the order they came.
func TestLongBodiesShareTheirMemory(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string][]header{"with a token": nil, "without": {unset("Authorization")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				up := newHeld()
				g := newGateway(t, newClock(), devgateway.WithUpstream(up))
				all := longBodies(t, g, 10, headers...)
				if n := len(up.calls); n != 7 {
					t.Fatalf("%d bodies of 9 MiB are under way, want 7", n)
				}
				all = append(all, send(t, g, "{}", headers...)) // behind the long ones, although there is room for it
				for _, want := range []int{7, 7, 8} {
					(<-up.calls).json(`{"choices":[1]}`)
					if synctest.Wait(); len(up.calls) != want {
						t.Fatalf("%d bodies are under way, want %d", len(up.calls), want)
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
		})
	}
}

// A body that is not announced takes the room of the longest until it is there.
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
		for i := range 20 { // short, so that they fit beside it one after the other
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

func TestBodyThatGetsNoMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up := newHeld() // never answers
		g := newGateway(t, newClock(), devgateway.WithUpstream(up), devgateway.WithUpstreamTimeout(time.Minute))
		longBodies(t, g, 7)
		time.Sleep(time.Second)
		later := longBodies(t, g, 10)
		later[9].leave()
		time.Sleep(time.Hour)
		synctest.Wait()
		for i, p := range later {
			got := reply{p.Code, p.Header(), p.Body.String()}
			switch {
			case i < 7:
				got.wantProblem(t, 504, "upstream_timeout")
			case i < 9:
				got.wantProblem(t, 503, "overloaded")
			case p.Body.Len() > 0 || !p.returned:
				t.Errorf("the client that left: %v", p)
			}
		}
		if send(t, g, question("hello")); len(up.calls) != 15 { // all memory is free again
			t.Errorf("%d calls of the upstream, want 15", len(up.calls))
		}
	})
}

// discard is a client that keeps nothing of its answer.
type discard struct{ http.ResponseWriter }

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// What a long body costs is bounded by a multiple of its length. The test does not
// run beside others, whose memory would count.
func TestMemoryOfALongBody(t *testing.T) { //nolint:paralleltest // see above
	g := newGateway(t, newClock(), devgateway.WithUpstream(devgateway.Echo()))
	body := question(strings.Repeat("x", 9<<20))
	w := discard{httptest.NewRecorder()}
	r := newRequest(t.Context(), completions, body, tenant(t, "acme"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g.ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	if n := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(body)); n > 12 {
		t.Errorf("a body costs %.1f times its length, want 12 at most, of which the echo's own copies are 7", n)
	}
}
