package devgateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/devgateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret      = "dev-secret-change-me-32bytes-ok!"
	completions = "/v1/chat/completions"
	invalidate  = "/v1/invalidate"
)

// clock is a clock that moves only when a test advances it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// upstream is a scripted upstream.
type upstream func(*http.Request) (*http.Response, error)

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) { return u(r) }

// answer returns an upstream's response.
func answer(code int, contentType string, body io.Reader) *http.Response {
	return &http.Response{
		StatusCode: code, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {contentType}},
		Body:   io.NopCloser(body), ContentLength: -1,
	}
}

// counting answers {"choices":[1]}, {"choices":[2]}, …, so that tests can tell
// answers apart.
func counting() upstream {
	var mu sync.Mutex
	n := 0
	return func(*http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return answer(200, "application/json", strings.NewReader(fmt.Sprintf(`{"choices":[%d]}`, n))), nil
	}
}

// fixture is a gateway behind a real server.
type fixture struct {
	*testing.T
	gateway *devgateway.Gateway
	server  *httptest.Server
	clock   *clock
}

func start(t *testing.T, opts ...devgateway.Option) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: newClock()}
	f.gateway = newGateway(t, f.clock, opts...)
	f.server = httptest.NewServer(f.gateway)
	t.Cleanup(f.server.Close)
	return f
}

func newGateway(t *testing.T, c *clock, opts ...devgateway.Option) *devgateway.Gateway {
	t.Helper()
	defaults := []devgateway.Option{
		devgateway.WithSecret([]byte(secret)), devgateway.WithClock(c.Now), devgateway.WithUpstream(counting()),
	}
	g, err := devgateway.New(append(defaults, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return g
}

// header changes a request.
type header func(http.Header)

func set(name, value string) header { return func(h http.Header) { h.Set(name, value) } }

func unset(name string) header { return func(h http.Header) { h.Del(name) } }

func bearer(token string) header { return set("Authorization", "Bearer "+token) }

// tenant returns a header with a token of the tenant.
func tenant(t testing.TB, name string) header {
	return claims(t, devgateway.Claims{Tenant: name})
}

func claims(t testing.TB, c devgateway.Claims) header { return bearer(mint(t, c)) }

func mint(t testing.TB, c devgateway.Claims) string {
	t.Helper()
	token, err := devgateway.Mint([]byte(secret), c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// deps returns a header with the dep ids. An id may end in @hash.
func deps(ids ...string) header {
	array := []map[string]string{}
	for _, id := range ids {
		id, hash, found := strings.Cut(id, "@")
		if !found {
			hash = "v1"
		}
		array = append(array, map[string]string{"dep_id": id, "expected_hash": hash})
	}
	text, err := json.Marshal(array)
	if err != nil {
		panic(err)
	}
	return set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString(text))
}

func newRequest(ctx context.Context, url, body string, headers ...header) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		h(r.Header)
	}
	return r
}

type reply struct {
	code   int
	header http.Header
	body   string
}

func (r reply) cache() string { return r.header.Get("X-Cache") }

// do sends a request and reads the whole answer.
func (f *fixture) do(r *http.Request) reply {
	f.Helper()
	resp, err := f.server.Client().Transport.RoundTrip(r)
	if err != nil {
		f.Error(err)
		return reply{}
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		f.Errorf("the answer broke off: %v", err)
	}
	return reply{resp.StatusCode, resp.Header, body.String()}
}

func (f *fixture) post(path, body string, headers ...header) reply {
	f.Helper()
	return f.do(newRequest(f.Context(), f.server.URL+path, body, headers...))
}

// ask sends a completion request with the prompt as its user message.
func (f *fixture) ask(prompt string, headers ...header) reply {
	f.Helper()
	return f.post(completions, question(prompt), headers...)
}

func question(prompt string) string {
	body, err := json.Marshal(map[string]any{"model": "m", "messages": []any{map[string]string{"role": "user", "content": prompt}}})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// wantCache asks and compares the code, the status and, if want is not empty,
// the body.
func (f *fixture) wantCache(want, body, prompt string, headers ...header) {
	f.Helper()
	got := f.ask(prompt, headers...)
	if got.code != 200 || got.cache() != want || body != "" && got.body != body {
		f.Errorf("ask %q: %d %s %s, want 200 %s %s", prompt, got.code, got.cache(), got.body, want, body)
	}
}

// drop invalidates the dep and compares the number of removed entries.
func (f *fixture) drop(want int, body string, headers ...header) {
	f.Helper()
	got := f.post(invalidate, body, headers...)
	var result struct {
		OK      bool   `json:"ok"`
		Deleted int    `json:"keys_deleted"`
		DepID   string `json:"dep_id"`
	}
	if err := json.Unmarshal([]byte(got.body), &result); err != nil || got.code != 200 || !result.OK || result.Deleted != want ||
		!strings.Contains(body, `"`+result.DepID+`"`) {
		f.Errorf("invalidate %s: %d %s, want 200 and %d keys deleted", body, got.code, got.body, want)
	}
}

// wantProblem compares an error with OpenAI's format.
func (r reply) wantProblem(t testing.TB, status int, code string) {
	t.Helper()
	var got struct {
		Error struct {
			Message, Type string
			Code          string
			Param         *string
		}
	}
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		t.Fatalf("%d %s: %v", r.code, r.body, err)
	}
	if r.code != status || got.Error.Code != code || got.Error.Message == "" || got.Error.Type == "" || !strings.Contains(r.body, `"param":null`) {
		t.Errorf("got %d %s, want %d with the code %q", r.code, r.body, status, code)
	}
	if strings.Contains(r.body, `\u00`) {
		t.Errorf("escaped as for HTML: %s", r.body)
	}
	if ct := r.header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("Content-Type: %q", ct)
	}
	permanent := status < 500 && status != 429 && status != 408 || code == "upstream_redirect"
	if got := r.header.Get("X-Should-Retry") == "false"; got != permanent {
		t.Errorf("%d: x-should-retry: false is %v", status, got)
	}
}

// message returns the message of an error.
func (r reply) message(t testing.TB) string {
	t.Helper()
	var got struct{ Error struct{ Message string } }
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		t.Errorf("%d %s: %v", r.code, r.body, err)
	}
	return got.Error.Message
}
