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

func TestRequireTagged_DoesNotCountRefusedRequests(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	req := question(t, g.URL(), "q", false, doc1)
	req.Body = http.NoBody
	req.ContentLength = 0
	if code, _, body := ask(t, g.Client().HTTPClient(), req); code != http.StatusBadRequest {
		t.Errorf("%d %s, want 400", code, body)
	}
	if n := len(g.Requests()); n != 1 || len(g.Requests()[0].Deps) != 1 {
		t.Fatalf("requests: %+v", g.Requests())
	}
	g.RequireTagged(doc1)
	requireFailures(t, tb.finish(), "cachecoretest: of 0 requests, none was tagged with all of: doc:1")
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
