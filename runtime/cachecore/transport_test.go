package cachecore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestTransport_AddsTokenAndDeps(t *testing.T) {
	t.Parallel()
	server := newRecorder(t, nil)
	c := newClient(t, server.URL)
	ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"), cachecore.NewDep("sku:7").WithHash("42"))
	post(ctx, t, c.HTTPClient(), server.URL, "Authorization", "Bearer sk-dummy")

	got := server.only(t)
	if token := got.Header.Values("X-Cachecore-Token"); !reflect.DeepEqual(token, []string{testToken}) {
		t.Errorf("token header %q", token)
	}
	if auth := got.Header.Get("Authorization"); auth != "Bearer sk-dummy" {
		t.Errorf("the SDK's Authorization became %q", auth)
	}
	want := []wireDep{{"doc:1", "v1"}, {"sku:7", "42"}}
	if deps := depsOf(t, got.Header); !reflect.DeepEqual(deps, want) {
		t.Errorf("deps %v, want %v", deps, want)
	}
	if got.Body != `{"model":"m"}` {
		t.Errorf("body %q", got.Body)
	}
}

func TestTransport_NoDepsNoHeader(t *testing.T) {
	t.Parallel()
	for name, ctx := range map[string]context.Context{
		"plain context": t.Context(),
		"empty list":    cachecore.WithDeps(t.Context()),
		"tracked":       cachecore.Track(t.Context()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := sentWith(ctx, t)
			if _, ok := h["X-Cachecore-Deps"]; ok {
				t.Errorf("deps header %q for no deps", h["X-Cachecore-Deps"])
			}
			if h.Get("X-Cachecore-Token") != testToken {
				t.Error("no token")
			}
		})
	}
}

func TestRoundTripDoesNotMutate(t *testing.T) {
	t.Parallel()
	deps := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
	tests := map[string]struct {
		ctx    context.Context
		url    string
		header http.Header
	}{
		"tagged":       {deps, "http://gateway.test/v1", http.Header{"X-Cachecore-Token": {"other"}, "A": {"b"}}},
		"nil header":   {deps, "http://gateway.test/v1", nil},
		"bypass":       {cachecore.WithBypass(deps), "http://gateway.test/v1", http.Header{"Authorization": {"Bearer " + testToken}}},
		"other origin": {deps, "http://other.test/v1", http.Header{"X-Cachecore-Token": {testToken}}},
		"degraded":     {cachecore.WithDeps(deps, cachecore.NewDep("")), "http://gateway.test/v1", http.Header{"X-Cachecore-Token": {testToken}}},
		"bypass, nil":  {cachecore.WithBypass(deps), "http://gateway.test/v1", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := inMemory(t, func(req *http.Request) (*http.Response, error) { return answer(req, 200, "MISS", ""), nil })
			req, err := http.NewRequestWithContext(tt.ctx, http.MethodPost, tt.url, strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = tt.header
			before := *req
			header := tt.header.Clone()
			resp, err := c.Transport().RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if !reflect.DeepEqual(req.Header, header) {
				t.Errorf("header became %v, was %v", req.Header, header)
			}
			if req.Body != before.Body || req.URL != before.URL || req.Context() != tt.ctx {
				t.Error("the request was changed")
			}
		})
	}
}

// closeSpy is a body that knows whether it was closed or read.
type closeSpy struct {
	io.Reader

	closed, read atomic.Bool
}

func (s *closeSpy) Read(p []byte) (int, error) { s.read.Store(true); return s.Reader.Read(p) }
func (s *closeSpy) Close() error               { s.closed.Store(true); return nil }

func TestTransport_ClosesBodyOnEarlyReturn(t *testing.T) {
	t.Parallel()
	usable := inMemory(t, func(req *http.Request) (*http.Response, error) { return answer(req, 200, "", ""), nil })
	for name, tr := range map[string]*cachecore.Transport{"zero transport": {}, "no URL": usable.Transport()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &closeSpy{Reader: strings.NewReader("x")}
			req := (&http.Request{Method: http.MethodPost, Body: body}).WithContext(t.Context())
			resp, err := tr.RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
				t.Fatal("no error")
			}
			if !body.closed.Load() {
				t.Error("the body is still open")
			}
		})
	}
}

func TestTransport_NeverReadsABody(t *testing.T) {
	t.Parallel()
	sent := &closeSpy{Reader: strings.NewReader("prompt")}
	got := &closeSpy{Reader: strings.NewReader("answer")}
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		if req.Body != sent {
			t.Error("the base does not get the request's own body")
		}
		resp := answer(req, 200, "MISS", "")
		resp.Body, resp.ContentLength = got, -1
		return resp, nil
	})
	req, _ := http.NewRequestWithContext(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), http.MethodPost, "http://gateway.test/", sent)
	resp, err := c.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if sent.read.Load() || got.read.Load() {
		t.Error("a body was read")
	}
	if text, err := io.ReadAll(resp.Body); string(text) != "answer" || err != nil {
		t.Errorf("body %q, %v", text, err)
	}
	if err := resp.Body.Close(); err != nil || !got.closed.Load() {
		t.Errorf("close was not passed on (%v)", err)
	}
}

// An error of the body of any answer to a token may quote the token. A protocol
// that is switched to writes to its body, too.
func TestTransport_WrapsBodiesOfAnswersToAToken(t *testing.T) {
	t.Parallel()
	tagged := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
	tests := []struct {
		name, url string
		ctx       context.Context
		status    string
		code      int
		wraps     bool
	}{
		{"tagged miss", "http://gateway.test", tagged, "MISS", 200, true},
		{"untagged", "http://gateway.test", t.Context(), "MISS", 200, true},
		{"hit", "http://gateway.test", tagged, "HIT_L1", 200, true},
		{"error", "http://gateway.test", tagged, "MISS", 500, true},
		{"other protocol", "http://gateway.test", tagged, "", 101, false},
		{"bypass", "http://gateway.test", cachecore.WithBypass(tagged), "MISS", 200, false},
		{"other host", "http://other.test", tagged, "MISS", 200, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := io.NopCloser(strings.NewReader("x"))
			c := inMemory(t, func(req *http.Request) (*http.Response, error) {
				resp := answer(req, tt.code, tt.status, "")
				resp.Body = body
				return resp, nil
			})
			req, _ := http.NewRequestWithContext(tt.ctx, http.MethodPost, tt.url, nil)
			resp, err := c.Transport().RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if wraps := resp.Body != body; wraps != tt.wraps {
				t.Errorf("wrapped: %t, want %t", wraps, tt.wraps)
			}
		})
	}
}

func TestTransport_LeavesAnswersToTheSDK(t *testing.T) {
	t.Parallel()
	for _, code := range []int{401, 403, 429, 500, 503} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			server := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(code)
				_, _ = io.WriteString(w, "no")
			})
			c := newClient(t, server.URL)
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
			resp, err := c.Transport().RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != code || string(body) != "no" || resp.Header.Get("Retry-After") != "7" {
				t.Errorf("got %d %q %v", resp.StatusCode, body, resp.Header)
			}
			server.only(t) // and no retry of its own
		})
	}
}

// The server sends an event only when the client has seen the one before it, so
// a transport that buffers would never end.
func TestTransport_StreamsUnbuffered(t *testing.T) {
	t.Parallel()
	seen := make(chan struct{})
	server := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Cache", "MISS")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			select {
			case <-seen:
			case <-req.Context().Done():
				return
			}
		}
	})
	c := newClient(t, server.URL)
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, nil)
	resp, err := c.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if call.Status().Status != cachecore.Miss {
		t.Errorf("before the first chunk the status is %v", call.Status())
	}
	lines := 0
	for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "data: ") {
			lines++
			seen <- struct{}{}
		}
	}
	if lines != 3 {
		t.Errorf("%d events, want 3", lines)
	}
}

func TestTransport_ErrorsOfTheBaseStayTyped(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, base := range map[string]error{
		"refused":  refused,
		"canceled": context.Canceled,
		"header":   errors.New(`net/http: invalid header field value for "X"`),
		"unknown":  fmt.Errorf("reset: %w", http.ErrSkipAltProtocol),
	} {
		c := inMemory(t, func(*http.Request) (*http.Response, error) { return nil, base })
		req, _ := http.NewRequestWithContext(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), http.MethodPost, "http://gateway.test/", nil)
		resp, err := c.Transport().RoundTrip(req)
		if resp != nil || !errors.Is(err, base) {
			t.Errorf("%s: got %v, %v", name, resp, err)
		}
		if known := name != "unknown"; known != (err == base) || known != strings.Contains(err.Error(), base.Error()) { //nolint:errorlint // the very same
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A caller's own reason to cancel is not the gateway's text.
func TestTransport_CauseOfTheContextIsPrinted(t *testing.T) {
	t.Parallel()
	cause := errors.New("user closed the tab")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	c := inMemory(t, func(req *http.Request) (*http.Response, error) { return nil, context.Cause(req.Context()) })
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/", nil)
	if _, err := c.Transport().RoundTrip(req); err != cause { //nolint:errorlint // the very same
		t.Errorf("got %v", err)
	}
}

// A base transport that breaks its contract must not end the process.
func TestTransport_BaseReturnsNothing(t *testing.T) {
	t.Parallel()
	c := inMemory(t, func(*http.Request) (*http.Response, error) { return nil, nil })
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://gateway.test/", nil)
	if _, err := c.Transport().RoundTrip(req); err == nil || !strings.Contains(err.Error(), "neither") {
		t.Errorf("got %v", err)
	}
	if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1")); err == nil || !strings.Contains(err.Error(), "neither") {
		t.Errorf("invalidate: %v", err)
	}
}

// idleSpy counts CloseIdleConnections.
type idleSpy struct {
	http.RoundTripper

	closed atomic.Int32
}

func (s *idleSpy) CloseIdleConnections() { s.closed.Add(1) }

func TestTransport_ForwardsCloseIdleConnections(t *testing.T) {
	t.Parallel()
	spy := &idleSpy{}
	c := newClient(t, "http://gateway.test", cachecore.WithBaseTransport(spy))
	c.HTTPClient().CloseIdleConnections()
	if n := spy.closed.Load(); n != 1 {
		t.Errorf("base closed %d times, want 1", n)
	}
	(&cachecore.Transport{}).CloseIdleConnections()                                 // a zero transport has no base
	inMemory(t, nil).HTTPClient().CloseIdleConnections()                            // a base may lack the method
	if name := (&cachecore.Transport{}).String(); name != "cachecore.Transport()" { // and prints
		t.Errorf("zero transport is %q", name)
	}
}

func TestTransport_ConcurrentRequestsKeepTheirDeps(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Cache", "MISS")
		for _, d := range depsOf(t, req.Header) {
			_, _ = fmt.Fprintf(w, "%s ", d.ID)
		}
	}))
	t.Cleanup(server.Close)
	c := newClient(t, server.URL)
	shared := cachecore.WithDeps(t.Context(), cachecore.NewDep("table:all"))
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			ctx, call := cachecore.WithCall(cachecore.WithDeps(shared, cachecore.NewDep(fmt.Sprintf("doc:%d", i))))
			want := fmt.Sprintf("table:all doc:%d ", i)
			if got := post(ctx, t, c.HTTPClient(), server.URL); got != want {
				t.Errorf("request %d carried %q", i, got)
			}
			if n := len(call.Statuses()); n != 1 {
				t.Errorf("request %d has %d statuses", i, n)
			}
		})
	}
	wg.Wait()
}
