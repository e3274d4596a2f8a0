package cachecore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// A write that has committed must not lose its invalidation to a caller who
// hung up.
func TestInvalidate_SurvivesCallerHangUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: failing(6, 503, "Retry-After", "2")}
		c := g.client(t, cachecore.WithConcurrency(2))
		ctx, hangUp := context.WithTimeout(t.Context(), time.Second)
		defer hangUp()
		begin := time.Now()
		results := c.InvalidateMany(ctx, cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2"), cachecore.NewDep("doc:3"), cachecore.NewDep(""))
		if took := time.Since(begin); took != time.Second {
			t.Errorf("returned after %v, want 1s", took)
		}
		for i, r := range results[:3] {
			var invErr *cachecore.InvalidateError
			if !errors.Is(r.Err, context.DeadlineExceeded) || !errors.As(r.Err, &invErr) {
				t.Errorf("receipt %d: %v", i, r.Err)
			}
		}
		if err := results[3].Err; err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the invalid dep's error became %v", err)
		}
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"doc:1", "doc:2", "doc:3"} {
			seen := g.arrivals(id)
			if len(seen) == 0 || seen[len(seen)-1].at <= time.Second {
				t.Errorf("%s arrived at %v, want the last after the hang-up", id, times(seen))
			}
		}
		if n := len(g.arrivals("")); n != 9 {
			t.Errorf("%d attempts, want 9", n)
		}
	})
}

func TestInvalidate_ReturnsTheCauseOfTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: stalled}
		c := g.client(t)
		cause := errors.New("client disconnected")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if err := c.Invalidate(ctx, cachecore.NewDep("doc:1")); !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	})
}

func TestInvalidate_FailureAfterHangUpIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: responds(5*time.Second, 403, "", io.NopCloser(strings.NewReader("no")))}
		logs := &logBuffer{}
		c := g.client(t, logs.option())
		ctx, hangUp := context.WithTimeout(t.Context(), time.Second)
		defer hangUp()
		if err := c.Invalidate(ctx, cachecore.NewDep("doc:1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if log := logs.String(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "doc:1") || !strings.Contains(log, "hung up") {
			t.Errorf("log:\n%s", log)
		}
	})
}

// The caller's context keeps its values, for tracing, but not its end.
func TestInvalidate_KeepsTheContextsValues(t *testing.T) {
	t.Parallel()
	type key struct{}
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		if v := req.Context().Value(key{}); v != "span" {
			t.Errorf("value %v", v)
		}
		return answer(req, 200, "", receiptOK), nil
	})
	if err := c.Invalidate(context.WithValue(t.Context(), key{}, "span"), cachecore.NewDep("doc:1")); err != nil {
		t.Fatal(err)
	}
}

func TestClose_RefusesNewInvalidations(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	c := g.client(t)
	for range 2 { // a second Close does no harm
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1")); !errors.Is(err, cachecore.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if n := len(g.arrivals("")); n != 0 {
		t.Errorf("%d invalidations were sent", n)
	}
	ctx, call := cachecore.WithCall(t.Context())
	post(ctx, t, c.HTTPClient(), "http://gateway.test")
	if got := call.Status().Status; got != cachecore.Miss {
		t.Errorf("an LLM request after Close has the status %v", got)
	}
}

func TestClose_ClosesIdleConnections(t *testing.T) {
	t.Parallel()
	spy := &idleSpy{}
	c := newClient(t, "http://gateway.test", cachecore.WithBaseTransport(spy))
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := spy.closed.Load(); n != 1 {
		t.Errorf("base closed %d times, want 1", n)
	}
}

func TestClose_OfAnIdleClientIgnoresItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		if err := inMemory(t, nil).Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClose_GivesUpWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		g    *gateway
		opts []cachecore.Option
	}{
		{"stalled gateway", &gateway{invalidate: stalled}, nil},
		{"waiting to try again", &gateway{invalidate: failing(1000, 503, "Retry-After", "29")}, nil},
		{"waiting for a slot", &gateway{invalidate: stalled}, []cachecore.Option{cachecore.WithConcurrency(1)}},
		{"second pass", &gateway{}, []cachecore.Option{cachecore.WithSecondPass(time.Hour)}},
		{"late fill", &gateway{complete: responds(0, 200, "HIT_L1_STALE", io.NopCloser(strings.NewReader("{}")))}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := tt.g.client(t, tt.opts...)
				<-ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll)
				result := make(chan error, 1)
				go func() { result <- c.Invalidate(t.Context(), cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2")) }()
				<-time.After(time.Second)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				err := c.Close(ctx)
				if took := time.Since(begin); took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Close returned %v after %v", err, took)
				}
				if again := c.Close(context.Background()); !errors.Is(again, err) {
					t.Errorf("a second Close returned %v, want %v again", again, err)
				}
				// A caller who still waits for an invalidation gets the reason
				// why it is not done.
				if err := <-result; tt.g.invalidate != nil && !errors.Is(err, cachecore.ErrClosed) {
					t.Errorf("Invalidate returned %v, want ErrClosed", err)
				}
			})
		})
	}
}

func TestClose_UnderLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: func(req *http.Request) (*http.Response, error) {
			<-time.After(time.Second)
			return answer(req, 200, "", receiptOK), nil
		}}
		c := g.client(t, cachecore.WithConcurrency(8))
		errs := make(chan error, 100)
		for i := range 100 {
			go func() {
				<-time.After(time.Duration(i) * 50 * time.Millisecond)
				errs <- c.Invalidate(t.Context(), numbered("doc"+strings.Repeat("x", i), 3)...)
			}()
		}
		<-time.After(2 * time.Second)
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		sent, refused := 0, 0
		for range 100 {
			switch err := <-errs; {
			case err == nil:
				sent++
			case errors.Is(err, cachecore.ErrClosed):
				refused++
			default:
				t.Errorf("neither done nor refused: %v", err)
			}
		}
		if n := len(g.arrivals("")); n != sent*3 || sent == 0 || refused == 0 {
			t.Errorf("%d calls done, %d refused, %d requests", sent, refused, n)
		}
	})
}
