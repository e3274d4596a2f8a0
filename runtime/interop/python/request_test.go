package python

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// nothing answers with an empty object.
func nothing(w http.ResponseWriter, _ loopback.Request) { w.Write([]byte("{}")) } //nolint:errcheck // the client has left

var (
	contract = cachecore.NewDep("doc:contract-123")
	table    = cachecore.NewDep("table:docs")
)

// In the vendor's client, a nested context replaces the deps of the outer one,
// so that the answer outlives a change of the outer context's data. In ours,
// the deps add up.
func TestNestedContexts(t *testing.T) {
	t.Parallel()
	server := loopback.NewServer(t, nothing)
	r := request{url: server.URL, body: whole, deps: [][]cachecore.Dep{{table}, {contract}}}
	newTheirs(t, server.URL, "token", timeout).post(t, r)
	newOurs(t, server.URL, "token").post(t, r)
	got := server.Exactly(t, 2)
	if deps := got[0].Deps(t); !slices.Equal(deps, wireDeps([]cachecore.Dep{contract})) {
		t.Errorf("theirs sends %v, want the inner dep alone", deps)
	}
	if deps := got[1].Deps(t); !slices.Equal(deps, wireDeps([]cachecore.Dep{table, contract})) {
		t.Errorf("ours sends %v, want both", deps)
	}
}

// The vendor's client sends the token and deps to any host that its transport
// is used for. Ours sends them to the gateway only.
func TestOtherHosts(t *testing.T) {
	t.Parallel()
	elsewhere := loopback.NewServer(t, nothing)
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		w.Header().Set("Location", elsewhere.URL+r.Path)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	p, o := newTheirs(t, gateway.URL, "token", timeout), newOurs(t, gateway.URL, "token")
	for name, url := range map[string]string{"directly": elsewhere.URL, "by a redirect": gateway.URL} {
		r := request{url: url, body: whole, deps: [][]cachecore.Dep{{contract}}}
		before := len(elsewhere.Requests())
		p.post(t, r)
		o.post(t, r)
		got := elsewhere.Requests()[before:]
		if len(got) != 2 {
			t.Fatalf("%s: the other host got %d requests, want 2", name, len(got))
		}
		if h := got[0].Header; h.Get("X-Cachecore-Token") != "token" || h.Get("X-Cachecore-Deps") == "" {
			t.Errorf("%s: theirs leaks no more: %v", name, h)
		}
		if h := got[1].Header; h.Get("X-Cachecore-Token") != "" || h.Get("X-Cachecore-Deps") != "" {
			t.Errorf("%s: ours leaks: %v", name, h)
		}
	}
}

// If an SDK's own key is the tenant's token, a bypass of the vendor's client
// becomes a cached request. Ours removes the token.
func TestBypassWithTokenAsKey(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	o, p := onGateway(t, gateway, devgateway.Claims{Tenant: "first"})
	r := completion(gateway, whole)
	r.bypass, r.authorization = true, "Bearer "+gateway.Token(devgateway.Claims{Tenant: "first"})
	first, second := p.post(t, r), p.post(t, r)
	if first.Status != "MISS" || second.Status != "HIT_L1" {
		t.Errorf("theirs: %s, then %s; want MISS, then HIT_L1", first.Status, second.Status)
	}
	for range 2 {
		if got := o.post(t, r); got.Status != "BYPASS" {
			t.Errorf("ours: %s, want BYPASS", got.Status)
		}
	}
}

// Behind an SDK that hides response headers, the vendor's client cannot report
// a hit: these are all of its public names. Ours reports it in the context's
// Call.
func TestHiddenStatus(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	o, p := onGateway(t, gateway, devgateway.Claims{Tenant: "first"})
	names := call[[]string](t, p, "public_names", nil)
	want := []string{
		"aclose", "aclose", "handle_async_request",
		"invalidate", "invalidate_many", "request_context", "transport",
	}
	if !slices.Equal(names, want) {
		t.Errorf("theirs offers %q, want %q", names, want)
	}
	if got := o.post(t, completion(gateway, whole, contract)); got.Status != "MISS" {
		t.Errorf("ours: %s, want MISS, read from the context", got.Status)
	}
}

// The vendor's client escapes characters that are not ASCII, ours does not. The
// bytes differ, but decode to the same text. See also TestDepsDecodeAlike.
func TestHeaderBytes(t *testing.T) {
	t.Parallel()
	server := loopback.NewServer(t, nothing)
	p, o := newTheirs(t, server.URL, "token", timeout), newOurs(t, server.URL, "token")
	for id, same := range map[string]bool{"doc:contract-123": true, `doc:<"&">`: true, "doc:Müller": false} {
		r := request{url: server.URL, body: whole, deps: [][]cachecore.Dep{{cachecore.NewDep(id)}}}
		p.post(t, r)
		o.post(t, r)
		got := server.Requests()
		got = got[len(got)-2:]
		theirs, ours := got[0].Header.Get("X-Cachecore-Deps"), got[1].Header.Get("X-Cachecore-Deps")
		if (theirs == ours) != same {
			t.Errorf("%s: same bytes: %t, want %t", id, theirs == ours, same)
		}
		if a, b := got[0].Deps(t), got[1].Deps(t); !slices.Equal(a, b) {
			t.Errorf("%s: theirs decodes to %v, ours to %v", id, a, b)
		}
		if strings.Contains(theirs+ours, "=") {
			t.Errorf("%s: padded: %s, %s", id, theirs, ours)
		}
	}
}

// Both clients read the gateway's headers alike, including missing and invalid
// ones.
func TestParseStatus(t *testing.T) {
	t.Parallel()
	p := newTheirs(t, "http://127.0.0.1", "token", timeout)
	for name, h := range map[string]map[string]string{
		"L1":           {"X-Cache": "HIT_L1", "X-Cache-Similarity": "1.00", "X-Cache-Age": "12"},
		"stale":        {"X-Cache": "HIT_L1_STALE", "X-Cache-Similarity": "1.00", "X-Cache-Age": "3100"},
		"L2":           {"X-Cache": "HIT_L2", "X-Cache-Similarity": "0.93", "X-Cache-Age": "7"},
		"miss":         {"X-Cache": "MISS", "X-Cache-Similarity": "0.00", "X-Cache-Age": "0"},
		"bypass":       {"X-Cache": "BYPASS"},
		"absent":       {},
		"unrecognised": {"X-Cache": "HIT_L3", "X-Cache-Age": "5"},
		"no numbers":   {"X-Cache": "HIT_L1", "X-Cache-Similarity": "high", "X-Cache-Age": "1.5"},
	} {
		header := http.Header{}
		for key, value := range h {
			header.Set(key, value)
		}
		ours := newAnswer("", cachecore.ParseStatus(header))
		theirs := call[answer](t, p, "parse_status", map[string]any{"header": h})
		if !reflect.DeepEqual(theirs, ours) {
			t.Errorf("%s: theirs %+v, ours %+v", name, theirs, ours)
		}
	}
}
