package cachecore_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/cachecore"
)

const (
	testJWT   = "eyJhbGciOiJIUzI1NiJ9.eyJ0ZW5hbnRfaWQiOiJ0MSJ9.c2lnbmF0dXJlLW9mLXRlbmFudA"
	testToken = "cc_live_k1." + testJWT
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// roundTripFunc is a base transport in memory.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer returns a response as from a server in memory, with X-Cache if status
// is given.
func answer(req *http.Request, code int, status, body string) *http.Response {
	h := http.Header{}
	if status != "" {
		h.Set("X-Cache", status)
	}
	return &http.Response{
		StatusCode: code, Header: h, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

const receiptOK = `{"ok":true,"dep_id":"x","keys_deleted":3}`

// newClient returns a client that is closed with the test and discards its log
// unless an option sets a logger.
func newClient(t testing.TB, url string, opts ...cachecore.Option) *cachecore.Client {
	t.Helper()
	opts = append([]cachecore.Option{cachecore.WithLogger(slog.New(slog.DiscardHandler))}, opts...)
	c, err := cachecore.New(url, testToken, opts...)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	cachecore.Alone(c)
	t.Cleanup(func() {
		// A deadline is that of an earlier Close, which the test has looked at.
		if err := c.Close(context.Background()); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

// inMemory is newClient over a base that answers without a network.
func inMemory(t testing.TB, base roundTripFunc, opts ...cachecore.Option) *cachecore.Client {
	t.Helper()
	return newClient(t, "http://gateway.test", append([]cachecore.Option{cachecore.WithBaseTransport(base)}, opts...)...)
}

// request is a request as a server received it.
type request struct {
	Method, Host, Path string
	Header             http.Header
	Body               string
}

// recorder is a server on loopback that keeps the requests that it receives.
type recorder struct {
	*httptest.Server

	mu   sync.Mutex
	seen []request
}

// newRecorder starts a server that answers with h, or with a MISS if h is nil.
func newRecorder(t testing.TB, h http.HandlerFunc) *recorder {
	t.Helper()
	if h == nil {
		h = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Cache", "MISS")
			_, _ = io.WriteString(w, `{}`)
		}
	}
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.seen = append(r.seen, request{req.Method, req.Host, req.URL.Path, req.Header.Clone(), string(body)})
		r.mu.Unlock()
		h(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.seen...)
}

// only returns the single request that the server saw.
func (r *recorder) only(t testing.TB) request {
	t.Helper()
	seen := r.requests()
	if len(seen) != 1 {
		t.Fatalf("server saw %d requests, want 1: %+v", len(seen), seen)
	}
	return seen[0]
}

// post sends a request as an SDK would and returns the answer's body. It may be
// called from any goroutine, as may depsOf.
func post(ctx context.Context, t testing.TB, c *http.Client, url string, header ...string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(`{"model":"m"}`))
	if err != nil {
		t.Error(err)
		return ""
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Errorf("post: %v", err)
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("post: read: %v", err)
	}
	return string(body)
}

// wireDep is an element of the deps header, decoded without the package's help.
type wireDep struct {
	ID   string `json:"dep_id"`
	Hash string `json:"expected_hash"`
}

// idsInHeader is idsOf for examples, which have no test to fail.
func idsInHeader(h http.Header) (ids []string) {
	text, _ := base64.RawURLEncoding.DecodeString(h.Get("X-Cachecore-Deps"))
	var deps []wireDep
	_ = json.Unmarshal(text, &deps)
	for _, d := range deps {
		ids = append(ids, d.ID)
	}
	return ids
}

func depsOf(t testing.TB, h http.Header) []wireDep {
	t.Helper()
	values := h.Values("X-Cachecore-Deps")
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 {
		t.Errorf("%d deps headers: %q", len(values), values)
	}
	text, err := base64.RawURLEncoding.DecodeString(values[0])
	if err != nil {
		t.Errorf("deps header %q: %v", values[0], err)
	}
	var deps []wireDep
	if err := json.Unmarshal(text, &deps); err != nil {
		t.Errorf("deps header %s: %v", text, err)
	}
	return deps
}

// idsOf returns the ids in the deps header, in order.
func idsOf(t testing.TB, h http.Header) []string {
	t.Helper()
	var ids []string
	for _, d := range depsOf(t, h) {
		ids = append(ids, d.ID)
	}
	return ids
}

// requireUntagged fails if a request carries anything of the tenant.
func requireUntagged(t testing.TB, h http.Header) {
	t.Helper()
	for name, values := range h {
		if strings.HasPrefix(name, "X-Cachecore-") || strings.Contains(strings.Join(values, " "), testJWT) {
			t.Errorf("request carries %s: %q", name, values)
		}
	}
}

// sentWith returns the headers that a request made with ctx is sent with.
func sentWith(ctx context.Context, t testing.TB, opts ...cachecore.Option) http.Header {
	t.Helper()
	var h http.Header
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		h = req.Header
		return answer(req, 200, "HIT_L1", "{}"), nil
	}, opts...)
	post(ctx, t, c.HTTPClient(), "http://gateway.test")
	return h
}

// logBuffer collects a logger's lines.
type logBuffer struct{ testlog.Buffer }

func (b *logBuffer) option() cachecore.Option {
	return cachecore.WithLogger(slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})))
}
