package cachecore_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// busyGateway handles up to admits requests at a time and answers 503 to the
// others. It holds all answers until it has had crowd requests at once.
type busyGateway struct {
	*httptest.Server

	admits, crowd                   int64
	crowded                         chan struct{}
	once                            sync.Once
	now, most, refused, connections atomic.Int64
}

func newBusyGateway(tb testing.TB, admits, crowd int64) *busyGateway {
	tb.Helper()
	g := &busyGateway{admits: admits, crowd: crowd, crowded: make(chan struct{})}
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(g.serve))
	g.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			g.connections.Add(1)
		}
	}
	g.Start()
	tb.Cleanup(g.Close)
	return g
}

func (g *busyGateway) serve(w http.ResponseWriter, req *http.Request) {
	now := g.now.Add(1)
	for most := g.most.Load(); now > most && !g.most.CompareAndSwap(most, now); most = g.most.Load() {
	}
	_, _ = io.Copy(io.Discard, req.Body)
	if now == g.crowd {
		g.once.Do(func() { close(g.crowded) })
	}
	<-g.crowded
	// It has left before its answer can make room for the next one.
	g.now.Add(-1)
	if now > g.admits {
		g.refused.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, receiptOK)
}

func TestInvalidate_TenThousandAtOnce(t *testing.T) {
	t.Parallel()
	const n, admits = 10_000, 64
	g := newBusyGateway(t, admits, admits)
	c := newClient(t, g.URL)
	for i, r := range c.InvalidateMany(t.Context(), numbered("doc", n)...) {
		if r.Err != nil || r.KeysDeleted != 3 {
			t.Fatalf("receipt %d: %+v", i, r)
		}
	}
	if most := g.most.Load(); most != admits {
		t.Errorf("%d at a time, want %d", most, admits)
	}
	// net/http gives a connection up now and then, when an answer is faster
	// than the end of its request, so there may be some more than were in use
	// at a time.
	if connections := g.connections.Load(); connections > 4*admits {
		t.Errorf("%d connections for %d requests, %d at a time: they are to be reused", connections, n, admits)
	}
}

// A client with a higher limit than the gateway's is refused at times, and
// still loses no invalidation.
func TestInvalidate_MoreAtATimeThanTheGatewayAdmits(t *testing.T) {
	t.Parallel()
	const n, admits = 500, 4
	g := newBusyGateway(t, admits, 32)
	c := newClient(t, g.URL, cachecore.WithConcurrency(32), quick(1000))
	if err := c.Invalidate(t.Context(), numbered("doc", n)...); err != nil {
		t.Error(err)
	}
	if g.most.Load() > 32 {
		t.Errorf("%d at a time, want at most 32", g.most.Load())
	}
	if g.refused.Load() == 0 {
		t.Error("nothing was refused, so nothing is shown")
	}
}
