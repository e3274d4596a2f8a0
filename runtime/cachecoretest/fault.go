package cachecoretest

import (
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Endpoint is one of the gateway's endpoints, for [Gateway.Fail].
type Endpoint string

// The endpoints that can fail.
const (
	Completions Endpoint = "/v1/chat/completions"
	Invalidate  Endpoint = "/v1/invalidate"
)

// Fault is what a call meets instead of the gateway, or before it.
type Fault struct {
	Status     int           // answered, if not 0
	RetryAfter time.Duration // sent with the status, in whole seconds, if not 0
	Reset      bool          // the connection is reset instead
	Delay      time.Duration // passes first, on the gateway's clock: see Advance
}

// Fail makes the next n calls of the endpoint meet the fault, after those that
// earlier calls of Fail are still waiting for. A fault that has only a Delay lets
// the call through after it.
func (g *Gateway) Fail(e Endpoint, n int, f Fault) {
	g.faults.mu.Lock()
	defer g.faults.mu.Unlock()
	if g.faults.queued == nil {
		g.faults.queued = map[Endpoint][]Fault{}
	}
	for range n {
		g.faults.queued[e] = append(g.faults.queued[e], f)
	}
}

// faults stands before the gateway.
type faults struct {
	next  http.Handler
	clock *clock

	mu     sync.Mutex
	queued map[Endpoint][]Fault
}

func (fs *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := fs.take(Endpoint(r.URL.Path))
	if !ok {
		fs.next.ServeHTTP(w, r)
		return
	}
	if f.Delay > 0 && !fs.clock.wait(r.Context(), f.Delay) {
		return
	}
	switch {
	case f.Reset:
		reset(w)
	case f.Status != 0:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
		}
		http.Error(w, "fault injected by the test", f.Status)
	default:
		fs.next.ServeHTTP(w, r)
	}
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
