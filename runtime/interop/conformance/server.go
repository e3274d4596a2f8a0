package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// The tenant's token, and the key that an SDK has of its own.
const (
	token = "tenant-token"
	key   = "sdk-key"
)

// received is a request as it arrived.
type received struct {
	path, query string
	header      http.Header
	body        []byte
}

func (r received) wantsStream() bool {
	return bytes.Contains(r.body, []byte(`"stream":true`)) || strings.HasSuffix(r.path, ":streamGenerateContent")
}

// isLogin reports whether the SDK asks for a credential of its own.
func (r received) isLogin() bool { return strings.HasSuffix(r.path, "/oauth/token") }

// dep is an element of the deps header, as the protocol spells it.
type dep struct {
	ID   string `json:"dep_id"`
	Hash string `json:"expected_hash"`
}

// deps decodes the header, nil if there is none.
func (r received) deps(t *testing.T) []dep {
	t.Helper()
	header := r.header.Get("X-Cachecore-Deps")
	if header == "" {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Errorf("deps header %q: %v", header, err)
	}
	var deps []dep
	if err := json.Unmarshal(text, &deps); err != nil {
		t.Errorf("deps header holds %q: %v", text, err)
	}
	return deps
}

// mustCarry fails the test unless the request carries the tenant's token and these deps.
func (r received) mustCarry(t *testing.T, want ...dep) {
	t.Helper()
	if got := r.header.Get("X-Cachecore-Token"); got != token {
		t.Errorf("%s: token is %q, want %q", r.path, got, token)
	}
	if got := r.deps(t); !slices.Equal(got, want) {
		t.Errorf("%s: deps are %v, want %v", r.path, got, want)
	}
}

// mustNotNameTenant fails the test if any header holds the tenant's token or deps.
func (r received) mustNotNameTenant(t *testing.T) {
	t.Helper()
	for name, values := range r.header {
		if strings.HasPrefix(name, "X-Cachecore") || strings.Contains(strings.Join(values, ","), token) {
			t.Errorf("%s: names the tenant: %s: %s", r.path, name, values)
		}
	}
}

// server records what it receives.
type server struct {
	*httptest.Server

	mu  sync.Mutex
	got []received
}

// newServer starts a server that answers with answer.
func newServer(t *testing.T, answer func(http.ResponseWriter, received)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		r := received{req.URL.Path, req.URL.RawQuery, req.Header.Clone(), body}
		s.mu.Lock()
		s.got = append(s.got, r)
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// requests returns those so far, which must be n.
func (s *server) requests(t *testing.T, n int) []received {
	t.Helper()
	got := s.all()
	if len(got) != n {
		t.Fatalf("server received %d requests, want %d", len(got), n)
	}
	return got
}

// all returns the requests so far.
func (s *server) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// quiet keeps out of the tests' output what they provoke.
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
