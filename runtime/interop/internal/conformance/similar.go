package conformance

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// testScope tests that the SDK's system message ends with the line of
// [cachecore.Scope], which every driver puts there.
func testScope(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		d.Wire.answer(w, r, func(int) {}, "30 days")
	})
	sdk := d.build(t, gateway.URL, key)
	var lines []string
	for _, id := range []string{"doc:contract-123", "doc:contract-456"} {
		ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep(id))
		if _, err := m.ask(ctx, sdk, "What notice?"); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, cachecore.Scope(ctx))
	}
	for i, r := range gateway.Exactly(t, 2) {
		end := lines[i] + `"` // of the text in JSON
		if n := strings.Count(string(r.Body), end); n != 1 || strings.Contains(string(r.Body), lines[1-i]) {
			t.Errorf("%s is in it %d times, want 1: %s", end, n, r.Body)
		}
	}
}

// testExactOnly tests that the SDK gets an answer to its own question, and
// never one to a similar question. It also tests this without GetBody, which a
// RoundTripper above the client may not keep.
func testExactOnly(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		if r.Header.Get("X-Cachecore-Token") == "" {
			w.Header().Set("X-Cache", "BYPASS")
			d.Wire.answer(w, r, func(int) {}, "30 days")
			return
		}
		w.Header().Set("X-Cache", "HIT_L2")
		d.Wire.answer(w, r, func(int) {}, "to another", " question")
	})
	client := newClient(t, gateway.URL)
	ask := func(client *cachecore.Client) []cachecore.CacheStatus {
		t.Helper()
		sdk, err := d.New(client, gateway.URL, key)
		if err != nil {
			t.Fatal(err)
		}
		ctx, call := cachecore.WithCall(cachecore.ExactOnly(cachecore.WithDeps(t.Context(), contract)))
		text, err := m.ask(ctx, sdk, "What notice?")
		if err != nil || text != "30 days" {
			t.Errorf("answer is %q, %v", text, err)
		}
		return call.Statuses()
	}

	want := []cachecore.CacheStatus{{Status: cachecore.HitL2, Refused: true}, {Status: cachecore.Bypass}}
	if got := ask(client); !slices.Equal(got, want) {
		t.Errorf("statuses are %+v, want %+v", got, want)
	}
	all := gateway.Exactly(t, 2)
	mustCarry(t, all[0], contract)
	mustNotNameTenant(t, all[1])
	if !bytes.Equal(all[0].Body, all[1].Body) {
		t.Errorf("body is %s, was %s", all[1].Body, all[0].Body)
	}

	if got := ask(behind(t, client)); len(got) != 1 || got[0].Status != cachecore.Bypass || !errors.Is(got[0].Err, cachecore.ErrNoGetBody) {
		t.Errorf("without GetBody: statuses are %+v, want a bypass", got)
	}
	last := gateway.Exactly(t, 3)[2]
	mustNotNameTenant(t, last)
	if !bytes.Equal(last.Body, all[0].Body) {
		t.Errorf("without GetBody: body is %s, was %s", last.Body, all[0].Body)
	}
}

// behind returns a client with a transport that drops GetBody and sends the
// request through the given client. It has another gateway, so it adds neither
// token nor deps itself.
func behind(t *testing.T, client *cachecore.Client) *cachecore.Client {
	t.Helper()
	return newClient(t, "http://elsewhere.test", cachecore.WithBaseTransport(roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.GetBody == nil {
			t.Error("the SDK gives no GetBody")
		}
		req = req.WithContext(req.Context())
		req.GetBody = nil
		return client.Transport().RoundTrip(req)
	})))
}
