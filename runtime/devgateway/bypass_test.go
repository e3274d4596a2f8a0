package devgateway_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

func TestBypassLeavesTheCacheAlone(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme := tenant(t, "acme")
	f.wantCache("BYPASS", `{"choices":[1]}`, "hello", deps("doc:1"))
	f.wantCache("BYPASS", `{"choices":[2]}`, "hello", deps("doc:1"))
	f.wantCache("MISS", `{"choices":[3]}`, "hello", acme, deps("doc:1"))
	f.wantCache("BYPASS", `{"choices":[4]}`, "hello", deps("doc:1"))
	f.wantCache("HIT_L1", `{"choices":[3]}`, "hello", acme, deps("doc:1"))
	got := f.ask("hello")
	if age, similarity := got.header.Get("X-Cache-Age"), got.header.Get("X-Cache-Similarity"); age != "0" || similarity != "0.00" {
		t.Errorf("age %s, similarity %s", age, similarity)
	}
}

// The gateway does not check the body of a bypass.
func TestBypassForwardsAnyBody(t *testing.T) {
	t.Parallel()
	f := start(t)
	if got := f.post(completions, "not JSON"); got.code != 200 || got.cache() != "BYPASS" {
		t.Errorf("got %+v", got)
	}
}

func TestBypassLimit(t *testing.T) {
	t.Parallel()
	c := newClock()
	g := newGateway(t, c, devgateway.WithBypassLimit(3))
	ask := func(address string, headers ...header) reply {
		w := httptest.NewRecorder()
		r := newRequest(t.Context(), completions, question("hello"), headers...)
		r.RemoteAddr = address
		g.ServeHTTP(w, r)
		return reply{w.Code, w.Header(), w.Body.String()}
	}
	want := func(code int, got reply) {
		t.Helper()
		if got.code != code {
			t.Errorf("got %d %s, want %d", got.code, got.body, code)
		}
	}
	for range 3 {
		want(200, ask("192.0.2.1:1000"))
	}
	limited := ask("192.0.2.1:1001", set("X-Forwarded-For", "192.0.2.7"))
	limited.wantProblem(t, 429, "rate_limit_exceeded")
	if after := limited.header.Get("Retry-After"); after != "20" {
		t.Errorf("Retry-After: %q, want 20 seconds", after)
	}
	want(200, ask("192.0.2.2:1000"))
	want(200, ask("[2001:db8::1]:1000"))
	want(200, ask("192.0.2.1:1000", tenant(t, "acme")))
	c.advance(19 * time.Second)
	want(429, ask("192.0.2.1:1000"))
	c.advance(time.Second)
	want(200, ask("192.0.2.1:1000"))
	want(429, ask("192.0.2.1:1000"))
}

func TestBypassLimitByDefault(t *testing.T) {
	t.Parallel()
	f := start(t)
	for range 100 {
		f.wantCache("BYPASS", "", "hello", bearer("sk-1"))
	}
	f.ask("hello", bearer("sk-1")).wantProblem(t, 429, "rate_limit_exceeded")
}
