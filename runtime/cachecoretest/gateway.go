package cachecoretest

import (
	"context"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/internal/degraded"
)

// Secret signs the tokens of every [Gateway]: a test that mints its own with
// [devgateway.Mint] needs it.
const Secret = "cachecoretest-secret-of-32-bytes"

// Gateway is the local gateway in process, on a loopback address. It is closed
// when the test ends, and safe for concurrent use.
type Gateway struct {
	record

	server *httptest.Server
	clock  *clock
	script *script
	faults *faults

	mu            sync.Mutex
	requests      []devgateway.Completion
	invalidations []devgateway.Invalidation
}

// NewGateway starts a gateway for the test tb.
func NewGateway(tb testing.TB, opts ...GatewayOption) *Gateway {
	tb.Helper()
	return newGateway(tb, opts)
}

func newGateway(tb testingT, opts []GatewayOption) *Gateway {
	tb.Helper()
	s := settings{upstream: devgateway.Echo()}
	for _, o := range opts {
		o.applyToGateway(&s)
	}
	s.checkUpstream(tb)
	g := &Gateway{record: record{tb: tb}, clock: newClock(), script: &script{otherwise: upstream{s.upstream}}}
	engine, err := devgateway.New(append(s.engine,
		devgateway.WithSecret([]byte(Secret)),
		devgateway.WithUpstream(g.script),
		devgateway.WithClock(g.clock.now),
		devgateway.WithObserver(devgateway.Observer{Completion: g.completed, Invalidation: g.dropped}),
	)...)
	if err != nil {
		tb.Fatalf("cachecoretest: %v", err)
	}
	g.faults = newFaults(engine, g.clock)
	g.server = httptest.NewServer(g.faults)
	tb.Cleanup(func() {
		g.server.CloseClientConnections() // so that a stream that the test left open does not block
		g.server.Close()
		g.faults.reportUnmet(tb)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := engine.Close(ctx); err != nil {
			tb.Errorf("cachecoretest: close the gateway: %v", err)
		}
	})
	tb.Cleanup(degraded.Watch(g.server.URL, g.addDegraded))
	if !s.allowDegraded {
		tb.Cleanup(g.reportDegraded)
	}
	return g
}

// URL returns the gateway's URL, without the /v1 that SDKs want in theirs.
func (g *Gateway) URL() string { return g.server.URL }

// Token returns a token of the tenant "test", or one with the given claims.
func (g *Gateway) Token(claims ...devgateway.Claims) string {
	g.tb.Helper()
	c := devgateway.Claims{Tenant: "test"}
	if len(claims) > 0 {
		c = claims[0]
	}
	token, err := devgateway.Mint([]byte(Secret), c)
	if err != nil {
		g.tb.Fatalf("cachecoretest: %v", err)
	}
	return token
}

// Client returns a client of the tenant "test". When the test ends, it is closed
// without waiting: a test that wants what goes on in the background calls Close.
func (g *Gateway) Client(opts ...cachecore.Option) *cachecore.Client {
	g.tb.Helper()
	c, err := cachecore.New(g.URL(), g.Token(), opts...)
	if err != nil {
		g.tb.Fatalf("cachecoretest: %v", err)
	}
	g.tb.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = c.Close(ctx)
	})
	return c
}

// Answer adds texts that the next requests to the upstream are answered with, one
// each, as chat completions, streamed if the request asks for a stream. When
// there is none left, the upstream answers: see [WithUpstream].
func (g *Gateway) Answer(texts ...string) { g.script.add(texts) }

// Advance moves the gateway's clock on: entries age, tokens expire, limits refill
// and delays of [Fault] end. The clock does not move by itself.
func (g *Gateway) Advance(d time.Duration) { g.clock.advance(d) }

// Now returns the time on the gateway's clock.
func (g *Gateway) Now() time.Time { return g.clock.now() }

// Requests returns the completion requests that were answered, in order.
func (g *Gateway) Requests() []devgateway.Completion {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// Invalidations returns the invalidations that were carried out, in order.
func (g *Gateway) Invalidations() []devgateway.Invalidation {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.invalidations)
}

func (g *Gateway) completed(c devgateway.Completion) {
	deps := make([]cachecore.Dep, len(c.Deps))
	for i, d := range c.Deps {
		deps[i] = newDep(d.ID, d.Hash)
	}
	if c.Cache != "" || c.Code < 400 { // else the gateway refused it, and no answer was tagged
		g.addTagged(deps)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, c)
}

func (g *Gateway) dropped(i devgateway.Invalidation) {
	g.addInvalidated(newDep(i.DepID, i.NewHash))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.invalidations = append(g.invalidations, i)
}
