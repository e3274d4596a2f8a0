package cachecoretest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

// caller sends a body through a client, with deps and claims.
type caller struct {
	t       *testing.T
	gateway *Gateway
	client  *cachecore.Client
}

func newCaller(t *testing.T, opts ...GatewayOption) (*fakeT, *caller) {
	t.Helper()
	tb := &fakeT{}
	g := newGateway(tb, append([]GatewayOption{WithUpstream(devgateway.Echo())}, opts...))
	t.Cleanup(func() { tb.finish() })
	client := g.Client()
	t.Cleanup(client.Transport().CloseIdleConnections)
	return tb, &caller{t, g, client}
}

func (c *caller) send(ctx context.Context, body string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.gateway.URL()+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.HTTPClient().Do(req)
	if err != nil {
		c.t.Error(err)
		return
	}
	resp.Body.Close()
}

const stableBody = `{"model":"m","messages":[{"role":"user","content":"What notice?"}]}`

func TestRequireStable(t *testing.T) {
	t.Parallel()
	const missed = "cachecoretest: run 2 of the same call is not answered from the cache:\n\t"
	for name, tt := range map[string]struct {
		ask  func(c *caller, run int)
		want string // the failure; none if empty
	}{
		"same bytes": {func(c *caller, _ int) {
			c.send(c.t.Context(), stableBody)
			c.send(cachecore.WithDeps(c.t.Context(), doc1), stableBody+" ")
		}, ""},
		"concurrent": {func(c *caller, _ int) {
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() { c.send(c.t.Context(), strings.Replace(stableBody, "What", fmt.Sprint(i), 1)) })
			}
			all.Wait()
		}, ""},
		"stale": {func(c *caller, run int) {
			c.send(c.t.Context(), stableBody)
			if run == 1 {
				c.gateway.Advance(devgateway.DefaultFreshTTL)
			}
		}, ""},
		"other order of tools": {func(c *caller, run int) {
			tools := [2]string{"a", "b"}
			c.send(c.t.Context(), fmt.Sprintf(`{"model":"m","messages":[],"tools":[{"function":{"name":%q}},{"function":{"name":%q}}]}`, tools[(run+1)%2], tools[run%2]))
		}, missed + `request 1: other bytes: tools[0].function.name: "a" | "b"`},
		"white space": {func(c *caller, run int) {
			c.send(c.t.Context(), stableBody+strings.Repeat(" ", run%2))
		}, missed + "request 1: other bytes: at byte "},
		"order of keys": {func(c *caller, run int) {
			keys := [2]string{`"model":"m"`, `"messages":[{"role":"user","content":"What notice?"}]`}
			c.send(c.t.Context(), "{"+keys[run%2]+","+keys[(run+1)%2]+"}")
		}, missed + `request 1: other bytes: keys "messages", "model" | keys "model", "messages"`},
		"one of two": {func(c *caller, run int) {
			c.send(c.t.Context(), stableBody)
			c.send(c.t.Context(), fmt.Sprintf(`{"model":"m","messages":[],"seed":%d}`, run))
		}, missed + `request 2: other bytes: seed: 1 | 2`},
		"new first": {func(c *caller, run int) {
			if run > 1 {
				c.send(c.t.Context(), `{"model":"m","messages":[],"user":"u"}`)
			}
			c.send(c.t.Context(), stableBody)
		}, missed + "it sends 2 LLM requests, not 1 as the first run does"},
		"another dep": {func(c *caller, run int) {
			c.send(cachecore.WithDeps(c.t.Context(), cachecore.NewDep(fmt.Sprint("doc:", run))), stableBody)
		}, missed + "request 1: MISS: the entry lacks dep doc:2"},
		"another version": {func(c *caller, run int) {
			c.send(cachecore.WithDeps(c.t.Context(), cachecore.NewDep("doc:1").WithHash(fmt.Sprint(run))), stableBody)
		}, missed + "request 1: MISS: dep doc:1 has hash 1 in the entry, 2 in the request"},
		"invalidated": {func(c *caller, _ int) {
			c.send(cachecore.WithDeps(c.t.Context(), doc1), stableBody)
			if err := c.client.Invalidate(c.t.Context(), doc1); err != nil {
				c.t.Error(err)
			}
		}, missed + "request 1: MISS: invalidated 0s ago by doc:1"},
		"expired": {func(c *caller, _ int) {
			c.send(c.t.Context(), stableBody)
			c.gateway.Advance(2 * time.Hour)
		}, missed + "request 1: MISS: expired"},
		"other roles": {func(c *caller, run int) {
			token := c.gateway.Token(devgateway.Claims{Tenant: testTenant, Roles: []string{fmt.Sprint("role ", run)}})
			client, err := cachecore.New(c.gateway.URL(), token)
			if err != nil {
				c.t.Fatal(err)
			}
			defer client.Transport().CloseIdleConnections()
			(&caller{c.t, c.gateway, client}).send(c.t.Context(), stableBody)
		}, missed + "request 1: MISS: other roles than 0s ago"},
		"fault": {func(c *caller, _ int) {
			c.gateway.Fail(Completions, 1, Fault{Status: http.StatusTeapot})
			c.send(c.t.Context(), stableBody)
		}, "cachecoretest: RequireStable: the call sends no LLM request"},
		"bypass": {func(c *caller, _ int) {
			c.send(cachecore.WithBypass(c.t.Context()), stableBody)
		}, missed + "request 1: BYPASS: no gateway token"},
		"refused":    {func(c *caller, _ int) { c.send(c.t.Context(), "no JSON") }, missed + "request 1: refused with status 400"},
		"no request": {func(*caller, int) {}, "cachecoretest: RequireStable: the call sends no LLM request to the gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb, c := newCaller(t)
			run := 0
			c.gateway.requireStable(tb, func() { run++; tt.ask(c, run) })
			switch {
			case tt.want != "":
				if len(tb.errors) != 1 || !strings.HasPrefix(tb.errors[0], tt.want) {
					t.Errorf("failures: %q\nwant\n%q", tb.errors, tt.want)
				}
			case len(tb.errors) > 0:
				t.Errorf("failures: %q", tb.errors)
			case run != stableRuns:
				t.Errorf("%d runs", run)
			}
		})
	}
}

// A gateway that answers by meaning does not hide that the bytes differ.
func TestRequireStable_SimilarIsNotTheSame(t *testing.T) {
	t.Parallel()
	tb, c := newCaller(t, WithEngine(devgateway.WithSimilar(devgateway.Lexical(), 0.9)))
	run := 0
	c.gateway.requireStable(tb, func() {
		run++
		c.send(c.t.Context(), fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"What notice?"}],"seed":%d}`, run))
	})
	requireFailures(t, tb.errors, "cachecoretest: run 2 of the same call is not answered from the cache:\n\trequest 1: other bytes: seed: 1 | 2")
}

// The parameter, not the gateway's own test, fails.
func TestRequireStable_FailsItsArgument(t *testing.T) {
	t.Parallel()
	_, c := newCaller(t)
	other := &fakeT{}
	c.gateway.requireStable(other, func() {})
	requireFailures(t, other.errors, "cachecoretest: RequireStable: the call sends no LLM request")
}
