package cachecore_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// However many calls come, a gateway that fails gets the requests of one retry
// policy.
func TestBackoff_NewCallsWait(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header []string
		most   int // requests in 4 s
	}{
		{"Retry-After", []string{"Retry-After", "5"}, 1},
		// At least 50, 100, 200, 400, 800, 1600 and 2500 ms apart.
		{"backoff", nil, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: failing(1<<30, 503, tt.header...)}
				c := g.client(t)
				ctx, hangUp := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				for range 1000 {
					wg.Go(func() { _ = c.Invalidate(ctx, cachecore.NewDep("table:docs")) })
					<-time.After(4 * time.Millisecond)
				}
				if n := len(g.arrivals("")); n < 1 || n > tt.most {
					t.Errorf("%d requests for 1,000 calls in 4s, want at most %d", n, tt.most)
				}
				hangUp()
				wg.Wait()
				soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				if err := c.Close(soon); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Close returned %v, want it to give up", err)
				}
			})
		})
	}
}

// A success ends the backoff, and so does a refusal.
func TestBackoff_EndsWithAnAnswer(t *testing.T) {
	t.Parallel()
	for name, final := range map[string]int{"success": 200, "refusal": 400} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// The second call comes during the third request of the first.
				g := &gateway{invalidate: scenario(
					failing(1, 503, "Retry-After", "4"), failing(1, 503, "Retry-After", "4"),
					slowly(failing(1, final)), failing(1, 503), takes(0),
				)}
				c := g.client(t)
				go func() { _ = c.Invalidate(t.Context(), cachecore.NewDep("doc:1")) }()
				<-time.After(10 * time.Second)
				if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1")); err != nil {
					t.Error(err)
				}
				got := times(g.arrivals(""))
				if !reflect.DeepEqual(got[:4], seconds(0, 4, 8, 13)) {
					t.Errorf("sent at %v, want the fourth as soon as the third has ended", got)
				}
				if wait := got[4] - got[3]; wait > 100*time.Millisecond {
					t.Errorf("the next failure waits %v, want the first delay of 100ms at most", wait)
				}
			})
		})
	}
}

// A call whose timeout is shorter than the wait fails at once, with the
// gateway's reason.
func TestBackoff_CallThatCannotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: scenario(slowly(failing(1, 503, "Retry-After", "60")))}
		c := g.client(t)
		calls := callEachSecond(t.Context(), c, 3)
		for i, call := range calls {
			<-call.done
			if r := call.result; r.Err == nil || !strings.Contains(r.Err.Error(), "503") || r.Folded != (i > 0) || call.took != time.Duration(5-i)*time.Second {
				t.Errorf("call %d: %+v after %v", i, r, call.took)
			}
		}
		if n := len(g.arrivals("")); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

// A call that waits for another one's retry goes on with its other deps, and
// holds no slot.
func TestBackoff_WaitHoldsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{}
		fails := failing(1, 503, "Retry-After", "20")
		g.invalidate = fails
		c := g.client(t, cachecore.WithConcurrency(1))
		first := make(chan error, 1)
		go func() { first <- c.Invalidate(t.Context(), cachecore.NewDep("doc:1")) }()
		synctest.Wait()
		if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2")); err != nil {
			t.Error(err)
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		if got := times(g.arrivals("doc:2")); !reflect.DeepEqual(got, seconds(0)) {
			t.Errorf("doc:2 is sent at %v, want at once", got)
		}
		if got := times(g.arrivals("doc:1")); !reflect.DeepEqual(got, seconds(0, 20)) {
			t.Errorf("doc:1 is sent at %v, want at 0s and 20s", got)
		}
	})
}

// A call hangs up from the wait for another one's retry at once.
func TestBackoff_CallerHangsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: failing(1, 503, "Retry-After", "20")}
		c := g.client(t)
		first := make(chan error, 1)
		go func() { first <- c.Invalidate(t.Context(), cachecore.NewDep("doc:1")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if err := c.Invalidate(ctx, cachecore.NewDep("doc:1")); err == nil || time.Since(begin) != time.Second {
			t.Errorf("%v after %v, want the context's error after 1s", err, time.Since(begin))
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if got := times(g.arrivals("")); !reflect.DeepEqual(got, seconds(0, 20)) {
			t.Errorf("sent at %v, want at 0s and 20s", got)
		}
	})
}
