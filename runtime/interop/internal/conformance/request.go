package conformance

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// The tenant's token, and the SDK's own key.
const (
	token = "tenant-token"
	key   = "sdk-key"
)

// contract is the dep of most requests.
var contract = cachecore.NewDep("doc:contract-123")

func wantsStream(r loopback.Request) bool {
	return bytes.Contains(r.Body, []byte(`"stream":true`)) || strings.HasSuffix(r.Path, ":streamGenerateContent")
}

// isLogin reports whether the SDK requests a credential of its own.
func isLogin(r loopback.Request) bool { return strings.HasSuffix(r.Path, "/oauth/token") }

// mustCarry fails the test unless the request carries the tenant's token and
// exactly these deps.
func mustCarry(t *testing.T, r loopback.Request, deps ...cachecore.Dep) {
	t.Helper()
	want := make([]loopback.Dep, len(deps))
	for i, d := range deps {
		want[i] = loopback.Dep{ID: d.ID(), Hash: d.Hash()}
	}
	if got := r.Header.Get("X-Cachecore-Token"); got != token {
		t.Errorf("%s: token is %q, want %q", r.Path, got, token)
	}
	if got := r.Deps(t); !slices.Equal(got, want) {
		t.Errorf("%s: deps are %v, want %v", r.Path, got, want)
	}
}

// mustNotNameTenant fails the test if any header contains the tenant's token or
// deps.
func mustNotNameTenant(t *testing.T, r loopback.Request) {
	t.Helper()
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Cachecore") || strings.Contains(strings.Join(values, ","), token) {
			t.Errorf("%s: names the tenant: %s: %s", r.Path, name, values)
		}
	}
}

// quiet discards log lines that the tests provoke.
var quiet = cachecore.WithLogger(slog.New(slog.DiscardHandler))

// newClient returns a client for the gateway at the URL.
func newClient(t *testing.T, url string, opts ...cachecore.Option) *cachecore.Client {
	t.Helper()
	client, err := cachecore.New(url, token, append(opts, quiet)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Transport().CloseIdleConnections)
	return client
}

// build returns the SDK for the gateway at the URL.
func (d Driver) build(t *testing.T, url, key string) SDK {
	t.Helper()
	sdk, err := d.New(newClient(t, url), url, key)
	if err != nil {
		t.Fatal(err)
	}
	return sdk
}
