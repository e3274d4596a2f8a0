package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// testSideRequests tests the SDK's requests for credentials, which it sends
// through the injected client: one before the first call, and one in the
// background of the second. They must not name the tenant or deps, and must not
// count as answers.
func testSideRequests(t *testing.T, d Driver) {
	logins := make(chan loopback.Request, 2)
	answer := func(w http.ResponseWriter, r loopback.Request) {
		if isLogin(r) {
			// The credential lasts a minute, so both SDKs renew it at once, in
			// the background.
			fmt.Fprint(w, `{"access_token":"fresh","token_type":"Bearer","expires_in":60}`)
			logins <- r
			return
		}
		w.Header().Set("X-Cache", "MISS")
		d.Wire.answer(w, r, func(int) {}, "30 days")
	}
	gateway, elsewhere := loopback.NewServer(t, answer), loopback.NewServer(t, answer)
	client := newClient(t, gateway.URL, cachecore.WithBaseTransport(diversion(t, gateway, elsewhere)))
	sdk, err := d.Federated(client, gateway.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract))
		if text, err := sdk.Ask(ctx, "What notice?"); err != nil || text != "30 days" {
			t.Fatalf("answer is %q, %v", text, err)
		}
		mustNotNameTenant(t, <-logins)
		if n := len(call.Statuses()); n != 1 {
			t.Errorf("%d statuses, want that of the answer alone", n)
		}
	}
	answers := 0
	for _, r := range append(gateway.Requests(), elsewhere.Requests()...) {
		if !isLogin(r) {
			answers++
			mustCarry(t, r, contract)
		}
	}
	if answers != 2 {
		t.Errorf("%d requests for an answer, want 2", answers)
	}
}

// diversion is a transport that sends requests for all hosts except the gateway
// to elsewhere, because an SDK's own endpoints cannot be configured.
func diversion(t *testing.T, gateway, elsewhere *loopback.Server) http.RoundTripper {
	t.Helper()
	host := func(s *loopback.Server) string {
		u, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u.Host
	}
	known, other := host(gateway), host(elsewhere)
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Host != known {
			req = req.Clone(req.Context())
			req.URL.Scheme, req.URL.Host = "http", other
		}
		return base.RoundTrip(req)
	})
}

// roundTripper is a function that implements [http.RoundTripper].
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
