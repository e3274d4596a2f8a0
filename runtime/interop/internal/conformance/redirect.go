package conformance

import (
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// redirect answers with the status that preserves the method and the body.
func redirect(w http.ResponseWriter, r loopback.Request, to string) {
	w.Header().Set("Location", to+r.Path+"?"+r.Query)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// testRedirectWithin tests that a redirect inside the gateway's origin
// preserves the whole request.
func testRedirectWithin(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		if !strings.HasPrefix(r.Path, "/moved/") {
			redirect(w, r, "/moved")
			return
		}
		w.Header().Set("X-Cache", "MISS")
		d.Wire.answer(w, r, func(int) {}, "30 days")
	})
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract))
	text, err := m.ask(ctx, d.build(t, gateway.URL, key), "What notice?")
	if err != nil || text != "30 days" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	for _, r := range gateway.Exactly(t, 2) {
		mustCarry(t, r, contract)
	}
	if got := call.Status().Status; got != cachecore.Miss {
		t.Errorf("status is %s, want %s", got, cachecore.Miss)
	}
}

// testFound demonstrates a warning in docs/sdks.md. After a 302, the request
// loses its method and its body, and the SDK accepts the reply to it as the
// answer.
func testFound(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Location", r.Path+"?"+r.Query)
			w.WriteHeader(http.StatusFound)
			return
		}
		// The lost body would have asked for a stream.
		r.Body = []byte(`"stream":true`)
		if m.name == "JSON" {
			r.Body = nil
		}
		d.Wire.answer(w, r, func(int) {}, "30 days")
	})
	text, err := m.ask(t.Context(), d.build(t, gateway.URL, key), "What notice?")
	if err != nil || text != "30 days" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	if got := gateway.Exactly(t, 2)[1]; got.Method != http.MethodGet || len(got.Body) > 0 {
		t.Errorf("the second request is %s with %q, want a GET with nothing", got.Method, got.Body)
	}
}

// testRedirectElsewhere tests that another port of the same host does not count
// as the gateway. The request to it does not contain any data that names the
// tenant, and its cache status is ignored. The SDK's own key is the tenant's
// token here, which is the worst case.
func testRedirectElsewhere(t *testing.T, d Driver, m mode) {
	elsewhere := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		w.Header().Set("X-Cache", "HIT_L1")
		d.Wire.answer(w, r, func(int) {}, "30 days")
	})
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) { redirect(w, r, elsewhere.URL) })
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract))
	text, err := m.ask(ctx, d.build(t, gateway.URL, token), "What notice?")
	mustCarry(t, gateway.Exactly(t, 1)[0], contract)
	if got := call.Statuses(); len(got) != 0 {
		t.Errorf("statuses are %v, want none: the gateway said nothing", got)
	}
	if d.RefusesRedirect {
		if err == nil || !strings.Contains(err.Error(), "origin") {
			t.Errorf("answer is %q, %v; want an error about the origin", text, err)
		}
		elsewhere.Exactly(t, 0)
		return
	}
	if err != nil || text != "30 days" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	mustNotNameTenant(t, elsewhere.Exactly(t, 1)[0])
}
