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
	"github.com/depgen/depgen/runtime/internal/exact"
)

// Secret signs the tokens of every [Gateway]. A test needs it to mint its own
// tokens with [devgateway.Mint].
const Secret = "cachecoretest-secret-of-32-bytes"

// Gateway runs the local gateway in the test process, on a loopback address. It
// is closed when the test ends, and is safe for concurrent use. Its assertions
// apply to the tenant "test"; [Gateway.Tenant] returns those of other tenants. A
// hit that crosses data fails the test for every tenant: see [AllowCrossing].
type Gateway struct {
	*record

	tb       testingT
	server   *httptest.Server
	clock    *clock
	script   *script
	faults   *faults
	degraded degradations
	crossed  crossings
	tenants  tenants

	mu            sync.Mutex
	requests      []devgateway.Completion
	invalidations []devgateway.Invalidation
}

// tenants contains the known tenants and the record of each.
type tenants struct {
	mu      sync.Mutex
	records map[string]*record
	known   []string
}

// NewGateway starts a gateway for the test tb.
func NewGateway(tb testing.TB, opts ...GatewayOption) *Gateway {
	tb.Helper()
	return newGateway(tb, opts)
}

func newGateway(tb testingT, opts []GatewayOption) *Gateway {
	tb.Helper()
	var s settings
	for _, o := range opts {
		o.applyToGateway(&s)
	}
	g := &Gateway{tb: tb, clock: newClock(), script: &script{then: s.model(tb), ends: !s.hasModel}}
	g.record = g.recordOf(testTenant)
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
		g.script.reportUnanswered(tb)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := engine.Close(ctx); err != nil {
			tb.Errorf("cachecoretest: close the gateway: %v", err)
		}
	})
	g.degraded.watch(tb, s.allowDegraded)
	g.crossed.watch(tb, s.allowCrossing)
	return g
}

// URL returns the gateway's URL, without the /v1 that SDKs want in their base
// URL.
func (g *Gateway) URL() string { return g.server.URL }

// Token returns a token of the tenant "test", or one with the given claims.
func (g *Gateway) Token(claims ...devgateway.Claims) string {
	g.tb.Helper()
	c := devgateway.Claims{Tenant: testTenant}
	if len(claims) > 0 {
		c = claims[0]
	}
	token, err := devgateway.Mint([]byte(Secret), c)
	if err != nil {
		g.tb.Fatalf("cachecoretest: %v", err)
	}
	g.meet(c.Tenant)
	return token
}

// Client returns a client of the tenant "test". When the test ends, the client
// is closed without waiting. A test that depends on work in the background
// calls Close.
func (g *Gateway) Client(opts ...cachecore.Option) *cachecore.Client {
	g.tb.Helper()
	c, err := cachecore.New(g.URL(), g.Token(), append([]cachecore.Option{cachecore.WithObserver(g.Observer())}, opts...)...)
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

// Observer returns an observer for a client that the code under test makes
// itself. It fails the test for requests that are sent uncached although they
// have deps: see [AllowDegraded]. It also learns which answers the client
// refused: see [AllowCrossing]. A client from [Gateway.Client] has it.
func (g *Gateway) Observer() cachecore.Observer {
	degraded := g.degraded.observer()
	return cachecore.Observer{Request: func(ctx context.Context, e cachecore.RequestEvent) {
		degraded.Request(ctx, e)
		if sent := exact.Sent(ctx); sent != nil {
			g.crossed.refuse(sent.Header, e.Status.Similarity)
		}
	}}
}

// Answer adds texts that answer the next requests to the upstream, one each, as
// chat completions, streamed if the request asks for a stream. After the last
// text, the upstream of [WithUpstream] answers. Without that option, a request
// is answered 501 and fails the test at its end.
func (g *Gateway) Answer(texts ...string) { g.script.add(texts) }

// Advance moves the gateway's clock forward by d: entries age, tokens expire,
// limits refill and delays of a [Fault] end. The clock does not move by itself.
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
	if c.Uncached != nil {
		g.degraded.add(c.Uncached)
	}
	g.crossed.add(c)
	if c.Cache != "" || c.Code < 400 { // else the gateway refused it, and no answer was tagged
		g.meet(c.Tenant)
		g.recordOf(c.Tenant).addTagged(depsIn(c))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, c)
}

// depsIn returns the deps that the answer was tagged with; a bypass has no
// tags.
func depsIn(c devgateway.Completion) []cachecore.Dep {
	if c.Cache == devgateway.Bypass {
		return nil
	}
	deps := make([]cachecore.Dep, len(c.Deps))
	for i, d := range c.Deps {
		deps[i] = newDep(d.ID, d.Hash)
	}
	return deps
}

func (g *Gateway) dropped(i devgateway.Invalidation) {
	g.meet(i.Tenant)
	dep := cachecore.NewDep(i.DepID)
	if i.Versioned() {
		dep = dep.WithHash(i.NewHash)
	}
	g.recordOf(i.Tenant).addInvalidated(dep)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.invalidations = append(g.invalidations, i)
}
