package cachecore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

func TestDefaultBase_IsACloneThatKeepsConnections(t *testing.T) {
	t.Parallel()
	base, ok := defaultBase(64).(*http.Transport)
	if !ok {
		t.Fatal("no http.Transport")
	}
	standard := http.DefaultTransport.(*http.Transport)
	if base == standard {
		t.Error("the default transport itself, whose connections are not the client's to close")
	}
	if base.MaxIdleConnsPerHost != 64 || standard.MaxIdleConnsPerHost != 0 {
		t.Errorf("idle connections: %d, and %d in the default transport", base.MaxIdleConnsPerHost, standard.MaxIdleConnsPerHost)
	}
	if base.Proxy == nil || base.TLSHandshakeTimeout == 0 || base.IdleConnTimeout == 0 || !base.ForceAttemptHTTP2 {
		t.Error("what the default transport sets is missing")
	}
}

func TestDefaultBase_KeepsAConnectionForEachInvalidation(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{64, 1000} {
		base := defaultBase(concurrency).(*http.Transport)
		if base.MaxIdleConnsPerHost != concurrency || base.MaxIdleConns < concurrency {
			t.Errorf("%d at a time: %d idle connections a host, %d in all", concurrency, base.MaxIdleConnsPerHost, base.MaxIdleConns)
		}
	}
}

func TestRetryPolicy_DelayStaysInRange(t *testing.T) {
	t.Parallel()
	for _, p := range []RetryPolicy{
		RetryPolicy{}.withDefaults(30 * time.Second),
		{BaseDelay: 1, MaxDelay: 1},
		{BaseDelay: time.Hour, MaxDelay: time.Second},
		{BaseDelay: 3 * time.Hour, MaxDelay: 1000 * time.Hour},
	} {
		for attempt := 1; attempt <= 100; attempt++ {
			if d := p.delay(attempt); d <= 0 || d > p.MaxDelay {
				t.Errorf("%+v: attempt %d waits %v", p, attempt, d)
			}
			if d := p.delay(attempt); attempt > 60 && d < p.MaxDelay/2 {
				t.Errorf("%+v: attempt %d waits %v, less than half of the most", p, attempt, d)
			}
		}
	}
}

// The cost of a request under Track must not depend on the number of recorded
// deps.
func TestEffective_IsMadeOnce(t *testing.T) {
	t.Parallel()
	tracked := Track(t.Context())
	Use(tracked, NewDep("doc:1"))
	nested := Track(tracked)
	Use(nested, NewDep("doc:2"))
	for name, ctx := range map[string]context.Context{
		"declared and recorded": WithDeps(tracked, NewDep("doc:3")),
		"nested":                nested,
		"all":                   WithDeps(nested, NewDep("doc:4")),
	} {
		first := effective(ctx)
		if again := effective(ctx); again != first {
			t.Errorf("%s: made again", name)
		}
		if again := effective(WithDeps(Track(ctx), NewDep("doc:9"))); again != effective(WithDeps(Track(ctx), NewDep("doc:9"))) {
			t.Errorf("%s: made again for another context with the same deps", name)
		}
		Use(nested, NewDep("late:"+strings.ReplaceAll(name, " ", "_")))
		if again := effective(ctx); len(again.deps) == len(first.deps) {
			t.Errorf("%s: a dep that was recorded later is missing", name)
		}
	}
}

func TestCall_KeepsTheLatest256Statuses(t *testing.T) {
	t.Parallel()
	call := &Call{}
	for i := range 1000 {
		call.add(CacheStatus{Status: Miss, Age: time.Duration(i)})
	}
	s := call.Statuses()
	if len(s) != 256 || s[0].Age != 744 || s[255].Age != 999 || call.Status().Age != 999 {
		t.Errorf("%d statuses, from %d to %d", len(s), s[0].Age, s[len(s)-1].Age)
	}
}

// The counts of requests in flight go up and back down to zero.
func TestInflight_KeepsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		base := baseFunc(func(req *http.Request) (*http.Response, error) {
			<-time.After(time.Second)
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"ok":true}`)), Request: req}, nil
		})
		c, err := New("http://keeps-nothing.test", "token", WithBaseTransport(base), WithFillWindow(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			go func() {
				<-time.After(time.Duration(i) * 300 * time.Millisecond)
				ctx := WithDeps(t.Context(), NewDep("doc:1"), NewDep(fmt.Sprintf("doc:%d", i)))
				req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://keeps-nothing.test", nil)
				resp, err := c.Transport().RoundTrip(req)
				if err != nil {
					t.Error(err)
					return
				}
				if i%3 > 0 {
					_, _ = io.Copy(io.Discard, resp.Body)
				}
				_ = resp.Body.Close()
			}()
			go func() {
				<-time.After(time.Duration(i) * 200 * time.Millisecond)
				if err := c.Invalidate(t.Context(), NewDep("doc:1"), NewDep(wire.PolicyDep), NewDep("sku:1").WithHash("7")); err != nil {
					t.Error(err)
				}
			}()
		}
		<-time.After(10 * time.Minute)
		synctest.Wait()
		fs := c.flights
		if fs.open != 0 || len(fs.fresh) != 0 || len(fs.byDep) != 0 || len(fs.repeats) != 0 || len(c.lanes.all) != 0 || len(c.counts) != 0 {
			t.Errorf("left: %d open, %d fresh, %v, %v, %v, %v", fs.open, len(fs.fresh), fs.byDep, fs.repeats, c.lanes.all, c.counts)
		}
		done, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Close(done); err != nil {
			t.Errorf("work is left: %v", err)
		}
	})
}

type baseFunc func(*http.Request) (*http.Response, error)

func (f baseFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A program that changes its token must not keep each one for ever.
func TestInflight_ForgetsTenantsWithoutClients(t *testing.T) {
	t.Parallel()
	key := tenant{origin{"http", "forgotten.test", "80"}, sha256.Sum256([]byte("token"))}
	known := func() bool {
		tenants.mu.Lock()
		defer tenants.mu.Unlock()
		_, ok := tenants.all[key]
		return ok
	}
	c, err := New("http://forgotten.test", "token")
	if err != nil {
		t.Fatal(err)
	}
	other, err := New("http://FORGOTTEN.test:80", "token")
	if err != nil {
		t.Fatal(err)
	}
	if !known() || c.flights != other.flights {
		t.Error("two clients of a tenant do not share what is in flight")
	}
	runtime.KeepAlive(c)
	runtime.KeepAlive(other)
	for range 1000 {
		if runtime.GC(); !known() {
			return
		}
		runtime.Gosched() // to the goroutine that runs cleanups
	}
	t.Error("the tenant is still known")
}

// A closed client leaves no repeats behind, even if a body is never closed.
func TestInflight_ForgetsClosedClients(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		base := baseFunc(func(req *http.Request) (*http.Response, error) {
			body := io.NopCloser(strings.NewReader(`{"ok":true}`))
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: req}, nil
		})
		open := func() *Client {
			c, err := New("http://closed-clients.test", "token", WithBaseTransport(base))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		reader := open()
		req, _ := http.NewRequestWithContext(WithDeps(t.Context(), NewDep("doc:1")), http.MethodPost, "http://closed-clients.test", nil)
		if _, err := reader.Transport().RoundTrip(req); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			writer := open()
			if err := writer.Invalidate(t.Context(), NewDep("doc:1")); err != nil {
				t.Error(err)
			}
			if err := writer.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if n := len(reader.flights.repeats); n != 0 {
			t.Errorf("%d repeats are left", n)
		}
	})
}

// A request that a repetition sends is watched if a call shares it.
func TestLanes_WatchCoversAllWhoShare(t *testing.T) {
	t.Parallel()
	ls, d := lanes{}, NewDep("doc:1")
	repetition, call := ls.take(d, false), ls.take(d, true)
	if _, last, watch := ls.begin(repetition); last != call.n || !watch {
		t.Errorf("the request counts up to turn %d, watched %t; want %d, true", last, watch, call.n)
	}
	later := ls.take(d, false)
	ls.end(repetition, call.n, nil, false)
	if _, last, watch := ls.begin(later); last != later.n || watch {
		t.Errorf("the next counts up to turn %d, watched %t; want %d, false", last, watch, later.n)
	}
}

// A failure counts for those who came before the request was sent, unless it
// comes from the sender's own deadline.
func TestLanes_FailureIsShared(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c, err := New("http://lanes.test", "token", WithTimeout(time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			d, broken := NewDep("doc:1"), errors.New("broken")
			late := newRun(t.Context(), c, CauseLateFill, nil)
			first := invalidation{run: late, turn: c.lanes.take(d, false)}
			second := invalidation{run: late, turn: c.lanes.take(d, false)}
			if mine, err := c.lanes.claim(t.Context(), &first); !mine || err != nil {
				t.Fatalf("the first: %t, %v", mine, err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				mine, err := c.lanes.claim(t.Context(), &second)
				if mine != own || second.folded == own || errors.Is(err, broken) == own {
					t.Errorf("own %t: the second sends %t, folded %t, %v", own, mine, second.folded, err)
				}
			}()
			synctest.Wait()
			_, last, _ := c.lanes.begin(first.turn)
			c.lanes.end(first.turn, last, broken, own)
			<-done
			if !own && second.deadline != time.Now().Add(time.Minute) {
				t.Errorf("the deadline is %v", second.deadline)
			}
		})
	}
}

// Allocations are counted for the whole process, so this test runs alone.
func TestObserver_CostsNothingWithoutOne(t *testing.T) { //nolint:paralleltest // see above
	c, err := New("http://unobserved.test", "token", WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	result := InvalidateResult{Dep: NewDep("doc:1")}
	if n := testing.AllocsPerRun(100, func() {
		begun := c.now(t.Context())
		if !begun.IsZero() {
			t.Error("the time is read")
		}
		c.report(t.Context(), CauseCall, begun, result)
		c.background(CauseCall, 1)
		c.unfinished(CauseCall, 1)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
