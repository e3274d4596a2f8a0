package cachecoretest

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Endpoint identifies one of the gateway's endpoints, for [Gateway.Fail].
type Endpoint string

// The endpoints that can fail.
const (
	Completions Endpoint = wire.PathCompletions
	Invalidate  Endpoint = wire.PathInvalidate
)

// Fault describes a failure or a delay of a call to the gateway.
type Fault struct {
	Status     int           // answered, with an error in OpenAI's shape, if not 0
	RetryAfter time.Duration // sent with the status, or with 429, in seconds rounded up, if not 0
	Reset      bool          // the connection is reset instead
	Delay      time.Duration // passes first, on the gateway's clock: see AwaitDelayed
}

// Fail makes the next n calls of the endpoint meet the fault, after the calls
// that earlier faults still wait for. n must be 1 or more. A fault that has
// only a Delay lets the call through after the delay. A fault that no call has
// met fails the test at its end.
func (g *Gateway) Fail(e Endpoint, n int, f Fault) {
	g.tb.Helper()
	if e != Completions && e != Invalidate {
		g.tb.Fatalf("cachecoretest: Fail: no endpoint %q; give Completions (%s) or Invalidate (%s)", e, Completions, Invalidate)
		return
	}
	if n < 1 {
		g.tb.Fatalf("cachecoretest: Fail: %d calls of %s would meet the fault; give 1 or more", n, e)
		return
	}
	if f.Status != 0 && (f.Status < 300 || f.Status > 599) {
		g.tb.Fatalf("cachecoretest: Fail: %d is not the status of a fault; give one from 300 to 599", f.Status)
		return
	}
	if f.RetryAfter > 0 && f.Status == 0 {
		f.Status = http.StatusTooManyRequests
	}
	g.faults.mu.Lock()
	defer g.faults.mu.Unlock()
	if g.faults.queued == nil {
		g.faults.queued = map[Endpoint][]Fault{}
	}
	for range n {
		g.faults.queued[e] = append(g.faults.queued[e], f)
	}
}

// AwaitDelayed waits until n calls are in the Delay of a fault.
// [Gateway.Advance] then ends the delay. If the calls never come, only the
// timeout of the test binary ends the wait.
func (g *Gateway) AwaitDelayed(n int) {
	g.faults.mu.Lock()
	defer g.faults.mu.Unlock()
	for g.faults.delayed < n {
		g.faults.changed.Wait()
	}
}

// faults is a handler in front of the gateway.
type faults struct {
	next  http.Handler
	clock *clock

	mu      sync.Mutex
	changed *sync.Cond // delayed
	queued  map[Endpoint][]Fault
	delayed int
}

func newFaults(next http.Handler, c *clock) *faults {
	fs := &faults{next: next, clock: c}
	fs.changed = sync.NewCond(&fs.mu)
	return fs
}

func (fs *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := fs.take(Endpoint(r.URL.Path))
	if !ok {
		fs.next.ServeHTTP(w, r)
		return
	}
	if f.Delay > 0 && !fs.delay(r.Context(), f.Delay) {
		return
	}
	switch {
	case f.Reset:
		reset(w)
	case f.Status != 0:
		if f.RetryAfter > 0 {
			wire.SetRetryAfter(w.Header(), f.RetryAfter)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, faultBody)
	default:
		fs.next.ServeHTTP(w, r)
	}
}

// faultBody is the answer of a fault with a status.
const faultBody = `{"error":{"message":"fault injected by the test","type":"server_error","code":"injected_fault","param":null}}`

// reportUnmet fails the test for the faults that no call has met.
func (fs *faults) reportUnmet(tb testingT) {
	tb.Helper()
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, e := range []Endpoint{Completions, Invalidate} {
		if n := len(fs.queued[e]); n > 0 {
			tb.Errorf("cachecoretest: %d of the faults for %s were never met; give Fail as many as there are calls", n, e)
		}
	}
}

// delay waits until d has passed on the clock. It returns false if the client
// leaves before that.
func (fs *faults) delay(ctx context.Context, d time.Duration) bool {
	until := fs.clock.now().Add(d) // before anyone can know of the delay and advance the clock
	fs.count(+1)
	defer fs.count(-1)
	return fs.clock.wait(ctx, until)
}

func (fs *faults) count(n int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.delayed += n
	fs.changed.Broadcast()
}

func (fs *faults) take(e Endpoint) (Fault, bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	queue := fs.queued[e]
	if len(queue) == 0 {
		return Fault{}, false
	}
	fs.queued[e] = queue[1:]
	return queue[0], true
}

// reset closes the connection so that the client sees a reset, not an end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server's own way to break a connection off
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
