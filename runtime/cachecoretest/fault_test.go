package cachecoretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

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

// SDKs decode an error's body, and wait as long as the header says.
func TestFaults_AreAnsweredAsAGatewayWould(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault Fault
		code  int
		after string // of Retry-After
	}{
		{"a status", Fault{Status: 503}, 503, ""},
		{"a wait, of a rate limit", Fault{RetryAfter: time.Minute}, 429, "60"},
		{"less than a second", Fault{Status: 503, RetryAfter: time.Millisecond}, 503, "1"},
		{"more than a second", Fault{RetryAfter: 1500 * time.Millisecond}, 429, "2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := NewGateway(t)
			g.Fail(Completions, 1, tt.fault)
			code, header, body := ask(t, g.Client().HTTPClient(), question(t, g.URL(), "q", false))
			if code != tt.code || header.Get("Retry-After") != tt.after {
				t.Errorf("%d, Retry-After %q; want %d, %q", code, header.Get("Retry-After"), tt.code, tt.after)
			}
			var answer struct {
				Error struct{ Message, Type, Code string }
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Error.Message != "fault injected by the test" || answer.Error.Type == "" {
				t.Errorf("%s: %v", body, err)
			}
			if got := header.Get("Content-Type"); got != "application/json" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

func TestFail_UnknownEndpointFailsTheTest(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	newGateway(tb, nil).Fail("/v1/embeddings", 1, Fault{Status: 500})
	requireFailures(t, tb.finish(), `cachecoretest: Fail: no endpoint "/v1/embeddings"; give Completions (/v1/chat/completions) or Invalidate (/v1/invalidate)`)
}

// A fault that no call can meet does not test any code.
func TestFail_OfNoCallsFailsTheTest(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, -1} {
		tb := &fakeT{}
		newGateway(tb, nil).Fail(Invalidate, n, Fault{Status: 500})
		requireFailures(t, tb.finish(), fmt.Sprintf("cachecoretest: Fail: %d calls of /v1/invalidate would meet the fault; give 1 or more", n))
	}
}

func TestFail_WithASuccessFailsTheTest(t *testing.T) {
	t.Parallel()
	for _, status := range []int{99, 200, 600, -1} {
		tb := &fakeT{}
		newGateway(tb, nil).Fail(Invalidate, 1, Fault{Status: status})
		requireFailures(t, tb.finish(), fmt.Sprintf("cachecoretest: Fail: %d is not the status of a fault; give one from 300 to 599", status))
	}
}

func TestFail_UnmetFaultsFailTheTest(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	g.Fail(Invalidate, 1, Fault{Status: 500})
	g.Fail(Completions, 1, Fault{Status: 500})
	g.Fail(Completions, 2, Fault{Reset: true})
	ask(t, g.Client().HTTPClient(), question(t, g.URL(), "q", false))
	requireFailures(t, tb.finish(),
		"cachecoretest: 2 of the faults for /v1/chat/completions were never met",
		"cachecoretest: 1 of the faults for /v1/invalidate were never met",
	)
}
