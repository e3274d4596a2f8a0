package cachecoretest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

// status asks through the client and returns the cache status.
func status(t *testing.T, g *Gateway, c *cachecore.Client, deps ...cachecore.Dep) cachecore.CacheStatus {
	t.Helper()
	code, header, body := ask(t, c.HTTPClient(), question(t, g.URL(), "q", false, deps...))
	if code != http.StatusOK {
		t.Fatalf("%d: %s", code, body)
	}
	return cachecore.ParseStatus(header)
}

func requireStatus(t *testing.T, got cachecore.CacheStatus, want cachecore.Status) {
	t.Helper()
	if got.Status != want {
		t.Fatalf("status %s, want %s", got.Status, want)
	}
}

func TestGatewayAnswersFromTheCacheUntilTheDepIsInvalidated(t *testing.T) {
	t.Parallel()
	g := NewGateway(t)
	c := g.Client(cachecore.WithConcurrency(1)) // so that the invalidations have an order
	requireStatus(t, status(t, g, c, doc1), cachecore.Miss)
	requireStatus(t, status(t, g, c, doc1), cachecore.HitL1)
	if err := c.Invalidate(t.Context(), doc1); err != nil {
		t.Fatal(err)
	}
	g.RequireInvalidated(doc1)
	g.RequireTagged(doc1)
	requireStatus(t, status(t, g, c, doc1), cachecore.Miss)

	requests, invalidations := g.Requests(), g.Invalidations()
	if len(requests) != 3 || requests[1].Cache != devgateway.HitL1 || requests[1].Tenant != "test" {
		t.Errorf("requests: %+v", requests)
	}
	if len(invalidations) != 2 || invalidations[0].DepID != "doc:1" || invalidations[0].KeysDeleted != 1 || invalidations[1].DepID != "table:docs" {
		t.Errorf("invalidations: %+v", invalidations)
	}
}

func TestAdvanceAgesEntriesAndExpiresTokens(t *testing.T) {
	t.Parallel()
	g := NewGateway(t)
	begun := g.Now()
	token := g.Token(devgateway.Claims{Tenant: "t", FreshTTL: time.Minute, StaleWindow: time.Minute, Expires: begun.Add(time.Hour)})
	c, err := cachecore.New(g.URL(), token)
	if err != nil {
		t.Fatal(err)
	}
	requireStatus(t, status(t, g, c), cachecore.Miss)
	g.Advance(30 * time.Second)
	if s := status(t, g, c); s.Status != cachecore.HitL1 || s.Age != 30*time.Second {
		t.Errorf("after 30 s: %+v", s)
	}
	g.Advance(time.Minute)
	requireStatus(t, status(t, g, c), cachecore.HitL1Stale)
	g.Advance(time.Hour)
	code, _, body := ask(t, c.HTTPClient(), question(t, g.URL(), "q", false))
	if code != http.StatusUnauthorized {
		t.Errorf("with an expired token: %d %s", code, body)
	}
	if got := g.Now().Sub(begun); got != time.Hour+90*time.Second {
		t.Errorf("the clock moved by %s", got)
	}
}

func TestAnswerScriptsTheUpstreamThenEchoAnswers(t *testing.T) {
	t.Parallel()
	g := NewGateway(t)
	g.Answer("first", "second")
	c := g.Client()
	for i, want := range []string{`"content":"first"`, "second", "#1 q2"} {
		stream := i == 1
		_, _, body := ask(t, c.HTTPClient(), question(t, g.URL(), "q"+string(rune('0'+i)), stream))
		if !strings.Contains(body, want) {
			t.Errorf("answer %d: %s, want %s", i, body, want)
		}
		if stream && !strings.HasSuffix(body, "data: [DONE]\n\n") {
			t.Errorf("answer %d is no stream: %s", i, body)
		}
	}
}

func TestWithUpstreamAnswersForTheModel(t *testing.T) {
	t.Parallel()
	boom := roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("boom") })
	g := NewGateway(t, WithUpstream(boom))
	if code, _, _ := ask(t, g.Client().HTTPClient(), question(t, g.URL(), "q", false)); code != http.StatusBadGateway {
		t.Errorf("%d, want 502", code)
	}
}

func TestWithEngineSetsTheGatewaysOwnOptions(t *testing.T) {
	t.Parallel()
	g := NewGateway(t, WithEngine(devgateway.WithStrictHash(true)))
	c := g.Client()
	requireStatus(t, status(t, g, c, doc1), cachecore.Miss)
	if err := c.Invalidate(t.Context(), doc1); err != nil {
		t.Fatal(err)
	}
	requireStatus(t, status(t, g, c, doc1), cachecore.Miss)
	requireStatus(t, status(t, g, c, doc1), cachecore.Miss) // v1 is no longer the current hash
}

func TestFaults(t *testing.T) {
	t.Parallel()
	quick := cachecore.WithRetry(cachecore.RetryPolicy{BaseDelay: time.Nanosecond, MaxAttempts: 3})
	for _, test := range []struct {
		name     string
		fault    Fault
		times    int
		attempts int
		check    func(error) bool
	}{
		{"a status that passes", Fault{Status: 503}, 2, 3, func(err error) bool { return err == nil }},
		{"a status that stays", Fault{Status: 500}, 3, 3, func(err error) bool {
			var e *cachecore.Error
			return errors.As(err, &e) && e.StatusCode == http.StatusInternalServerError
		}},
		{"a connection reset", Fault{Reset: true}, 2, 3, func(err error) bool { return err == nil }},
		{"a rate limit longer than the timeout", Fault{Status: 429, RetryAfter: time.Hour}, 1, 1, func(err error) bool {
			var e *cachecore.RateLimitError
			return errors.As(err, &e) && e.RetryAfter == time.Hour
		}},
		{"a token that is refused", Fault{Status: 401}, 1, 1, func(err error) bool {
			var e *cachecore.AuthError
			return errors.As(err, &e)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := NewGateway(t)
			g.Fail(Invalidate, test.times, test.fault)
			r := g.Client(quick).InvalidateMany(t.Context(), cachecore.NewDep("doc:1"))[0]
			if r.Attempts != test.attempts || !test.check(r.Err) {
				t.Errorf("%d attempts, %v", r.Attempts, r.Err)
			}
		})
	}
}

func TestFaultsOfCompletionsReachTheSDK(t *testing.T) {
	t.Parallel()
	g := NewGateway(t)
	c := g.Client()
	g.Fail(Completions, 1, Fault{Status: 429, RetryAfter: 7 * time.Second})
	g.Fail(Completions, 1, Fault{Reset: true})
	code, header, _ := ask(t, c.HTTPClient(), question(t, g.URL(), "q", false))
	if code != 429 || header.Get("Retry-After") != "7" {
		t.Errorf("%d, Retry-After %q", code, header.Get("Retry-After"))
	}
	resp, err := c.HTTPClient().Do(question(t, g.URL(), "q", false))
	if err == nil {
		_ = resp.Body.Close()
		t.Error("the reset connection gave an answer")
	}
	requireStatus(t, status(t, g, c), cachecore.Miss)
}

func TestDelayEndsOnTheGatewaysClock(t *testing.T) {
	t.Parallel()
	g := NewGateway(t)
	g.Fail(Invalidate, 1, Fault{Delay: time.Minute})
	done := make(chan error, 1)
	c := g.Client()
	go func() { done <- c.Invalidate(t.Context(), cachecore.NewDep("doc:1")) }()
	g.AwaitDelayed(1)
	g.RequireNotInvalidated()
	g.Advance(time.Minute)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	g.RequireInvalidated(cachecore.NewDep("doc:1"))
}

func TestTokenOfNoTenantFailsTheTest(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	g.Token(devgateway.Claims{})
	requireFailures(t, tb.finish(), "cachecoretest: mint a token: the tenant is empty")
}

// A test that stops reading a stream in the middle must still come to its end.
func TestGateway_EndsWithAStreamLeftOpen(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, []GatewayOption{WithUpstream(roundTripper(func(*http.Request) (*http.Response, error) {
		body := strings.NewReader(strings.Repeat("data: {}\n\n", 16<<20/10)) // more than the buffers of a connection hold
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(body)}, nil
	}))})
	resp, err := g.Client().HTTPClient().Do(question(t, g.URL(), "q", true))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := resp.Body.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	requireFailures(t, tb.finish())
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the stream came to its end")
	}
}
