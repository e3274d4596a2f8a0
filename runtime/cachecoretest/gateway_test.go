package cachecoretest

import (
	"encoding/base64"
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

func TestAnswerScriptsTheUpstream(t *testing.T) {
	t.Parallel()
	g := NewGateway(t)
	c := g.Client()
	_, _, body := ask(t, c.HTTPClient(), question(t, g.URL(), "before", false))
	if !strings.Contains(body, "#1 before") {
		t.Errorf("before the first answer: %s", body)
	}
	g.Answer("first", "second")
	for i, want := range []string{`"content":"first"`, "second"} {
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

// A program that asks more often than its test knows does not pass.
func TestAnswer_RequestWithoutAnAnswerFailsTheTest(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	g.Answer("first")
	c := g.Client()
	for i, question := range []*http.Request{
		question(t, g.URL(), "one", false), question(t, g.URL(), "two", false), question(t, g.URL(), "three", true),
	} {
		code, header, body := ask(t, c.HTTPClient(), question)
		switch {
		case i == 0 && code != 200:
			t.Errorf("%d %s", code, body)
		case i > 0 && (code != 501 || header.Get("X-Should-Retry") != "false" || !strings.Contains(body, "no answer is left")):
			t.Errorf("request %d: %d %v %s", i, code, header, body)
		}
	}
	requireFailures(t, tb.finish(),
		`cachecoretest: request 2 to the model ("m", last message "two") had no answer left`,
		`cachecoretest: request 3 to the model ("m", last message "three") had no answer left`,
	)
}

func TestAnswer_WithUpstreamAnswersTheRest(t *testing.T) {
	t.Parallel()
	g := NewGateway(t, WithUpstream(devgateway.Echo()))
	g.Answer("first")
	c := g.Client()
	for _, qa := range [][2]string{{"one", `"content":"first"`}, {"two", `"content":"#1 two"`}} {
		text, want := qa[0], qa[1]
		if _, _, body := ask(t, c.HTTPClient(), question(t, g.URL(), text, false)); !strings.Contains(body, want) {
			t.Errorf("%s, want %s", body, want)
		}
	}
}

// The code under test does not get the credit for requests of other tenants.
func TestAssertionsAreOnOneTenant(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	c := g.Client()
	acme, err := cachecore.New(g.URL(), g.Token(devgateway.Claims{Tenant: "acme"}), cachecore.WithConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	status(t, g, acme, doc1)
	if err := acme.Invalidate(t.Context(), doc1); err != nil {
		t.Fatal(err)
	}
	other := cachecore.NewDep("user:2")
	status(t, g, c, other)

	g.RequireTagged(other)
	g.RequireNotInvalidated()
	g.Tenant("acme").RequireTagged(doc1)
	g.Tenant("acme").RequireInvalidated(doc1)
	if got := g.Tenant("acme").Invalidated(); len(got) != 2 || got[0].ID() != "doc:1" || len(g.Invalidated()) != 0 {
		t.Errorf("invalidated of acme: %v, of test: %v", got, g.Invalidated())
	}
	g.RequireTagged(doc1)
	g.RequireInvalidated(doc1)
	g.Tenant("acme").RequireTagged(other)
	g.Tenant("acme").RequireNotInvalidated()
	g.Tenant("acne").RequireNotInvalidated()
	requireFailures(t, tb.finish(),
		`cachecoretest: of 1 requests, none was tagged with all of: doc:1 (of tenant "test"; for "acme", use Gateway.Tenant)`,
		`cachecoretest: not invalidated: doc:1, table:docs; invalidated were: nothing (of tenant "test"; for "acme", use Gateway.Tenant)`,
		`cachecoretest: of 1 requests, none was tagged with all of: user:2 (of tenant "acme"; for "test", use Gateway.Tenant)`,
		`cachecoretest: nothing should be invalidated; invalidated were: doc:1, table:docs`,
		`cachecoretest: RequireNotInvalidated proves nothing: tenant "acne" has no token and has sent nothing; for "test", "acme", use Gateway.Tenant`,
	)
}

// A test that has no client of the tenant "test" does not prove anything about
// it.
func TestRequireNotInvalidated_OfATenantThatIsNotThere(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	g.RequireNotInvalidated() // no tenant is known yet
	c, err := cachecore.New(g.URL(), g.Token(devgateway.Claims{Tenant: "acme"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Invalidate(t.Context(), doc1); err != nil {
		t.Fatal(err)
	}
	g.RequireNotInvalidated(doc1)
	requireFailures(t, tb.finish(), `cachecoretest: RequireNotInvalidated proves nothing: tenant "test" has no token and has sent nothing; for "acme"`)
}

// A bypass is neither looked up nor kept, even if it has a deps header.
func TestRequireTagged_DoesNotCountABypass(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	req := question(t, g.URL(), "q", false)
	req.Header.Set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString([]byte(`[{"dep_id":"user:2"}]`)))
	if code, header, body := ask(t, g.server.Client(), req); code != 200 || header.Get("X-Cache") != "BYPASS" {
		t.Errorf("%d %s", code, body)
	}
	g.RequireTagged(cachecore.NewDep("user:2"))
	requireFailures(t, tb.finish(), "cachecoretest: of 0 requests, none was tagged with all of: user:2 (requests without a token are not counted: 1)")
}

// A gateway makes a request with too many deps a bypass, and the test hears of
// it.
func TestDepsThatTheGatewayCannotKeepFailTheTest(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		tb := &fakeT{}
		var opts []GatewayOption
		if allowed {
			opts = append(opts, AllowDegraded())
		}
		g := newGateway(tb, opts)
		req := question(t, g.URL(), "q", false)
		req.Header.Set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString([]byte(`[{"dep_id":"`+strings.Repeat("x", 4097)+`"}]`)))
		req.Header.Set("X-Cachecore-Token", g.Token())
		if code, header, body := ask(t, g.server.Client(), req); code != 200 || header.Get("X-Cache") != "BYPASS" {
			t.Errorf("%d %s", code, body)
		}
		if allowed {
			requireFailures(t, tb.finish())
		} else {
			requireFailures(t, tb.finish(), "cachecoretest: a request was sent uncached although it declares deps: X-Cachecore-Deps: dep 0: dep_id is longer")
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
