package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// testSideRequests shows that what the SDK requests for itself through the
// injected client, once before the first call and once in the background of the
// second, names neither tenant nor deps, and does not count as an answer.
func testSideRequests(t *testing.T, d Driver) {
	logins := make(chan received, 2)
	answer := func(w http.ResponseWriter, r received) {
		if r.isLogin() {
			// It lasts a minute, which makes both SDKs renew it at once, in the background.
			fmt.Fprint(w, `{"access_token":"fresh","token_type":"Bearer","expires_in":60}`)
			logins <- r
			return
		}
		w.Header().Set("X-Cache", "MISS")
		d.Wire.answer(w, r, func(int) {}, "30 days")
	}
	gateway, elsewhere := newServer(t, answer), newServer(t, answer)
	client := newClient(t, gateway.URL, cachecore.WithBaseTransport(diversion(t, gateway, elsewhere)))
	sdk, err := d.Federated(client, gateway.URL)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ctx, call := cachecore.WithCall(t.Context(), cachecore.NewDep("doc:contract-123"))
		if text, err := sdk.Ask(ctx, "What notice?"); err != nil || text != "30 days" {
			t.Fatalf("answer is %q, %v", text, err)
		}
		(<-logins).mustNotNameTenant(t)
		if n := len(call.Statuses()); n != 1 {
			t.Errorf("%d statuses, want that of the answer alone", n)
		}
	}
	answers := 0
	for _, r := range append(gateway.all(), elsewhere.all()...) {
		if !r.isLogin() {
			answers++
			r.mustCarry(t, dep{"doc:contract-123", "v1"})
		}
	}
	if answers != 2 {
		t.Errorf("%d requests for an answer, want 2", answers)
	}
}

// diversion is a network in which all hosts but the gateway are elsewhere: an
// SDK's own endpoints cannot be configured.
func diversion(t *testing.T, gateway, elsewhere *server) http.RoundTripper {
	t.Helper()
	host := func(s *server) string {
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

// roundTripper is a function as an [http.RoundTripper].
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
