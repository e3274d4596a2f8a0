package cachecore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// takes answers each request after the given time.
func takes(d time.Duration) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		return responds(d, 200, "", io.NopCloser(strings.NewReader(receiptOK)))(req)
	}
}

// clock numbers events, which may happen at the same virtual time.
type clock struct {
	mu  sync.Mutex
	now int
}

func (c *clock) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	return c.now
}

// span is an event with a begin and an end.
type span struct{ begin, end int }

// However many writes there are, a dep costs one request at a time, and each
// write is followed by a request that starts after it.
func TestFold_ThousandWritesASecond(t *testing.T) {
	t.Parallel()
	for _, dep := range []cachecore.Dep{cachecore.NewDep("table:docs"), cachecore.NewDep("table:docs").WithHash("7")} {
		t.Run(fmt.Sprintf("versioned %t", dep.Versioned()), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { thousandWritesASecond(t, dep) })
		})
	}
}

func thousandWritesASecond(t *testing.T, table cachecore.Dep) {
	t.Helper()
	const writes, latency = 2000, 20 * time.Millisecond
	var order clock
	var mu sync.Mutex
	var posts, calls []span
	g := &gateway{}
	g.invalidate = func(req *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(req.Body)
		p := span{begin: order.next()}
		<-time.After(latency)
		p.end = order.next()
		if strings.Contains(string(body), "table:docs") {
			mu.Lock()
			defer mu.Unlock()
			posts = append(posts, p)
		}
		return answer(req, 200, "", receiptOK), nil
	}
	c := inMemory(t, g.invalidate)
	begin := time.Now()
	var wg sync.WaitGroup
	attempts, keys, folded := 0, 0, 0
	for i := range writes {
		wg.Go(func() {
			call := span{begin: order.next()}
			results := c.InvalidateMany(t.Context(), cachecore.NewDep(fmt.Sprintf("doc:%d", i)).PartOf(table))
			call.end = order.next()
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, call)
			r := results[1]
			if r.Err != nil || r.Folded != (r.Attempts == 0) || r.Folded != (r.KeysDeleted == 0) || results[0].Folded {
				t.Errorf("receipts %+v", results)
			}
			attempts, keys = attempts+r.Attempts, keys+r.KeysDeleted
			if r.Folded {
				folded++
			}
		})
		<-time.After(time.Millisecond)
	}
	wg.Wait()
	if most := int(time.Since(begin)/latency) + 1; len(posts) > most {
		t.Errorf("%d requests in %v, want at most %d", len(posts), time.Since(begin), most)
	}
	if attempts != len(posts) || keys != 3*len(posts) || folded != writes-len(posts) {
		t.Errorf("receipts add up to %d attempts, %d keys and %d folded; %d requests were sent", attempts, keys, folded, len(posts))
	}
	for i, p := range posts[1:] {
		if p.begin < posts[i].end {
			t.Errorf("request %d began before the one before it ended", i+1)
		}
	}
	for _, call := range calls {
		if !slices.ContainsFunc(posts, func(p span) bool { return p.begin > call.begin && p.end < call.end }) {
			t.Errorf("call %v is covered by no request", call)
		}
	}
}

// calling is a call of InvalidateMany for doc:1 in progress.
type calling struct {
	result cachecore.InvalidateResult
	took   time.Duration
	done   chan struct{}
}

// callEachSecond makes n calls of the dep, one a second.
func callEachSecond(ctx context.Context, c *cachecore.Client, n int) []*calling {
	all := make([]*calling, n)
	for i := range all {
		all[i] = &calling{done: make(chan struct{})}
		begin := time.Now()
		go func() {
			all[i].result = c.InvalidateMany(ctx, cachecore.NewDep("doc:1"))[0]
			all[i].took = time.Since(begin)
			close(all[i].done)
		}()
		<-time.After(time.Second)
	}
	return all
}

func TestFold_OutcomeIsShared(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		invalidate roundTripFunc
		posts      int
		errs       []string // of three calls; "" for success
	}{
		{"success", takes(5 * time.Second), 2, []string{"", "", ""}},
		{"the first is refused", scenario(slowly(failing(1, 400)), takes(5*time.Second)), 2, []string{"400", "", ""}},
		{"the shared one is refused", scenario(takes(5*time.Second), slowly(failing(1, 400))), 2, []string{"", "400", "400"}},
		{"the shared one is tried again", scenario(takes(5*time.Second), slowly(failing(1, 503)), takes(time.Second)), 3, []string{"", "", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: tt.invalidate}
				c := g.client(t)
				attempts, keys, succeeded := 0, 0, 0
				for i, call := range callEachSecond(t.Context(), c, 3) {
					<-call.done
					r := call.result
					if (r.Err == nil) != (tt.errs[i] == "") || r.Err != nil && !strings.Contains(r.Err.Error(), tt.errs[i]) {
						t.Errorf("call %d: %v, want %q", i, r.Err, tt.errs[i])
					}
					attempts, keys = attempts+r.Attempts, keys+r.KeysDeleted
					if r.Err == nil && !r.Folded {
						succeeded++
					}
				}
				if n := len(g.arrivals("")); n != tt.posts || attempts != n || keys != 3*succeeded {
					t.Errorf("%d requests, want %d; receipts add up to %d attempts and %d keys", n, tt.posts, attempts, keys)
				}
			})
		})
	}
}

// slowly takes 5 s for each request.
func slowly(next roundTripFunc) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		<-time.After(5 * time.Second)
		return next(req)
	}
}

// A request serves all calls that share it, whoever hangs up.
func TestFold_CallersHangUp(t *testing.T) {
	t.Parallel()
	for hangsUp := range 4 {
		t.Run(fmt.Sprint(hangsUp), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: takes(5 * time.Second)}
				c := g.client(t)
				errs := make([]error, 4)
				var wg sync.WaitGroup
				for i := range errs {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if i == hangsUp {
						time.AfterFunc(4500*time.Millisecond, cancel)
					}
					wg.Go(func() { errs[i] = c.Invalidate(ctx, cachecore.NewDep("doc:1")) })
					<-time.After(time.Second)
				}
				wg.Wait()
				for i, err := range errs {
					if errors.Is(err, context.Canceled) != (i == hangsUp) || err != nil && i != hangsUp {
						t.Errorf("call %d: %v", i, err)
					}
				}
				if err := c.Close(context.Background()); err != nil {
					t.Error(err)
				}
				if got := times(g.arrivals("")); !reflect.DeepEqual(got, seconds(0, 5)) {
					t.Errorf("invalidated at %v, want at 0s and 5s", got)
				}
			})
		})
	}
}

// A call that shares requests has its own timeout, neither more nor less.
func TestFold_EachCallHasItsOwnTimeout(t *testing.T) {
	t.Parallel()
	deaf := func(req *http.Request) (*http.Response, error) {
		<-time.After(time.Minute) // the context may end
		return answer(req, 200, "", receiptOK), nil
	}
	for name, invalidate := range map[string]roundTripFunc{"stalled": stalled, "a base that ignores contexts": deaf} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: invalidate}
				c := g.client(t, cachecore.WithTimeout(10*time.Second), cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: 1, AttemptTimeout: 10 * time.Second}))
				for i, call := range callEachSecond(t.Context(), c, 8) {
					<-call.done
					if name != "stalled" && i == 0 {
						continue // the one that the base holds
					}
					if !errors.Is(call.result.Err, context.DeadlineExceeded) || call.took != 10*time.Second {
						t.Errorf("call %d: %v after %v, want an error after 10s", i, call.result.Err, call.took)
					}
				}
			})
		})
	}
}

// The wait for a slot does not count, even if it is another call's.
func TestFold_WaitForASlotIsNotCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: takes(6 * time.Second)}
		c := g.client(t, cachecore.WithConcurrency(1), cachecore.WithTimeout(8*time.Second), cachecore.WithRetry(cachecore.RetryPolicy{AttemptTimeout: 8 * time.Second}))
		others := make(chan error, 1)
		go func() { others <- c.Invalidate(t.Context(), cachecore.NewDep("doc:0")) }()
		synctest.Wait()
		for i, call := range callEachSecond(t.Context(), c, 3) {
			if <-call.done; call.result.Err != nil {
				t.Errorf("call %d: %v", i, call.result.Err)
			}
		}
		if err := <-others; err != nil {
			t.Error(err)
		}
		// All three came before the first of their requests got its slot.
		if got := times(g.arrivals("doc:1")); !reflect.DeepEqual(got, seconds(6)) {
			t.Errorf("sent at %v, want at 6s", got)
		}
	})
}

// A call that comes while another waits for a retry shares that retry.
func TestFold_RetryIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: failing(1, 503, "Retry-After", "20")}
		calls := callEachSecond(t.Context(), g.client(t), 2)
		first, second := calls[0], calls[1]
		<-first.done
		<-second.done
		if got := times(g.arrivals("")); !reflect.DeepEqual(got, seconds(0, 20)) {
			t.Errorf("sent at %v, want at 0s and 20s", got)
		}
		for i, call := range calls {
			if call.result.Err != nil || call.result.Folded != (call.result.KeysDeleted == 0) {
				t.Errorf("call %d: %+v", i, call.result)
			}
		}
		if n := first.result.Attempts + second.result.Attempts; n != 2 || first.result.Folded == second.result.Folded {
			t.Errorf("receipts %+v and %+v, want one that folds and 2 attempts", first.result, second.result)
		}
	})
}

// A request that ends while a shared invalidation is under way may fill the
// cache after it, for each call that shares it.
func TestFold_LateFillIsRepeated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		ended time.Duration // of a request that begins at 0
		want  [][]time.Duration
	}{
		// doc:1 is invalidated at 1 s, 2 s and 3 s, and each request takes 5 s.
		{"before all", 500 * time.Millisecond, [][]time.Duration{seconds(1, 6)}},
		// The repetition shares the second request, if it comes before that.
		{"during the first", 4 * time.Second, [][]time.Duration{seconds(1, 6), seconds(1, 6, 11)}},
		{"during the second", 8 * time.Second, [][]time.Duration{seconds(1, 6, 11)}},
		{"after all", 20 * time.Second, [][]time.Duration{seconds(1, 6, 20)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{
					complete:   responds(tt.ended, 200, "MISS", io.NopCloser(strings.NewReader("{}"))),
					invalidate: takes(5 * time.Second),
				}
				c := g.client(t)
				ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll)
				<-time.After(time.Second)
				for _, call := range callEachSecond(t.Context(), c, 3) {
					<-call.done
				}
				if err := c.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				got := times(g.arrivals(""))
				if !slices.ContainsFunc(tt.want, func(want []time.Duration) bool { return reflect.DeepEqual(got, want) }) {
					t.Errorf("invalidated at %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// Close waits for calls that wait to share a request, and gives them up.
func TestFold_Close(t *testing.T) {
	t.Parallel()
	for name, patience := range map[string]time.Duration{"waits": time.Hour, "gives up": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: takes(5 * time.Second)}
				c := g.client(t)
				calls := callEachSecond(t.Context(), c, 3)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				err := c.Close(ctx)
				if gaveUp := patience == time.Second; errors.Is(err, context.DeadlineExceeded) != gaveUp {
					t.Errorf("Close returned %v", err)
				}
				for i, call := range calls {
					if <-call.done; errors.Is(call.result.Err, cachecore.ErrClosed) != (err != nil) {
						t.Errorf("call %d: %v", i, call.result.Err)
					}
				}
			})
		})
	}
}
