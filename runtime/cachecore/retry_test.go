package cachecore_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// gateway is a gateway in memory, used by tests where time passes.
type gateway struct {
	invalidate roundTripFunc // nil answers with success
	complete   roundTripFunc // nil answers with a miss

	mu   sync.Mutex
	seen []arrival
}

// arrival is an invalidation that arrived, and when, since the client was made.
type arrival struct {
	invalidation

	at time.Duration
}

// client returns a client of the gateway, whose clock begins now.
func (g *gateway) client(t testing.TB, opts ...cachecore.Option) *cachecore.Client {
	t.Helper()
	begin := time.Now()
	return inMemory(t, func(req *http.Request) (*http.Response, error) {
		h := g.complete
		if req.URL.Path == "/v1/invalidate" {
			a := arrival{at: time.Since(begin)}
			if err := json.NewDecoder(req.Body).Decode(&a.invalidation); err != nil {
				t.Errorf("invalidation: %v", err)
			}
			g.mu.Lock()
			g.seen = append(g.seen, a)
			g.mu.Unlock()
			if h = g.invalidate; h == nil {
				h = func(req *http.Request) (*http.Response, error) { return answer(req, 200, "", receiptOK), nil }
			}
		} else if h == nil {
			h = scripted("MISS")
		}
		return h(req)
	}, opts...)
}

// arrivals returns the invalidations so far of one dep, or of all for "".
func (g *gateway) arrivals(id string) []arrival {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []arrival
	for _, a := range g.seen {
		if id == "" || a.ID == id {
			out = append(out, a)
		}
	}
	return out
}

// failing fails the first n requests with the given answer, and succeeds after
// that.
func failing(n, code int, header ...string) roundTripFunc {
	var mu sync.Mutex
	return func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		if n--; n < 0 {
			return answer(req, 200, "", receiptOK), nil
		}
		resp := answer(req, code, "", "")
		for i := 0; i+1 < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

// stalled never answers.
func stalled(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestInvalidateRetry_BacksOffWithJitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: failing(6, 500)}
		c := g.client(t, cachecore.WithRetry(cachecore.RetryPolicy{BaseDelay: 100 * time.Millisecond, MaxDelay: time.Second}))
		if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1")); err != nil {
			t.Fatal(err)
		}
		seen := g.arrivals("doc:1")
		if len(seen) != 7 {
			t.Fatalf("%d attempts, want 7", len(seen))
		}
		for i, milliseconds := range []int{100, 200, 400, 800, 1000, 1000} {
			most := time.Duration(milliseconds) * time.Millisecond
			if wait := seen[i+1].at - seen[i].at; wait < most/2 || wait > most {
				t.Errorf("wait %d is %v, want %v to %v", i+1, wait, most/2, most)
			}
			if seen[i+1].Hash != seen[0].Hash {
				t.Errorf("attempt %d has another hash than the first", i+2)
			}
		}
	})
}

func TestInvalidateRetry_JitterDiffers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: failing(20, 503)}
		c := g.client(t)
		var waits []time.Duration
		deps := numbered("doc", 20)
		if err := c.Invalidate(t.Context(), deps...); err != nil {
			t.Fatal(err)
		}
		for _, d := range deps {
			seen := g.arrivals(d.ID())
			waits = append(waits, seen[1].at-seen[0].at)
		}
		if spread := slices.Max(waits) - slices.Min(waits); spread < 10*time.Millisecond {
			t.Errorf("20 deps that failed together came back within %v", spread)
		}
	})
}

func TestInvalidateRetry_RetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		code  int
		value func(now time.Time) string
		least time.Duration
	}{
		{"seconds", 429, func(time.Time) string { return "7" }, 7 * time.Second},
		{"date", 429, func(now time.Time) string { return now.Add(9 * time.Second).UTC().Format(http.TimeFormat) }, 9 * time.Second},
		{"with a 503", 503, func(time.Time) string { return "4" }, 4 * time.Second},
		{"date in the past", 429, func(now time.Time) string { return now.Add(-time.Hour).UTC().Format(http.TimeFormat) }, 50 * time.Millisecond},
		{"nonsense", 429, func(time.Time) string { return "soon" }, 50 * time.Millisecond},
		{"shorter than the backoff", 429, func(time.Time) string { return "0" }, 50 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: failing(1, tt.code, "Retry-After", tt.value(time.Now()))}
				if err := g.client(t).Invalidate(t.Context(), cachecore.NewDep("doc:1")); err != nil {
					t.Fatal(err)
				}
				seen := g.arrivals("doc:1")
				if wait := seen[1].at; wait < tt.least || wait > tt.least+time.Second {
					t.Errorf("second attempt after %v, want %v", wait, tt.least)
				}
			})
		})
	}
}

func TestInvalidateRetry_Timeouts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		invalidate roundTripFunc
		opts       []cachecore.Option
		attempts   int
		most       time.Duration
		err        string
	}{
		{"stalled to the end", stalled, nil, 3, 30 * time.Second, "context deadline exceeded"},
		{
			"stalled once", func() roundTripFunc {
				once := true
				return func(req *http.Request) (*http.Response, error) {
					if once {
						once = false
						return stalled(req)
					}
					return answer(req, 200, "", receiptOK), nil
				}
			}(),
			nil, 2, 10*time.Second + 100*time.Millisecond, "",
		},
		{"as many as set", failing(100, 500), []cachecore.Option{cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: 2})}, 2, time.Second, "500 Internal Server Error"},
		{"wait beyond the timeout", failing(100, 429, "Retry-After", "31"), nil, 1, 0, "429 Too Many Requests"},
		{"own attempt timeout", stalled, []cachecore.Option{
			cachecore.WithTimeout(5 * time.Second), cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: 2, AttemptTimeout: time.Second}),
		}, 2, 2*time.Second + 100*time.Millisecond, "context deadline exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: tt.invalidate}
				begin := time.Now()
				r := g.client(t, tt.opts...).InvalidateMany(t.Context(), cachecore.NewDep("doc:1"))[0]
				if took := time.Since(begin); took > tt.most {
					t.Errorf("took %v, want at most %v", took, tt.most)
				}
				if n := len(g.arrivals("doc:1")); n != tt.attempts || r.Attempts != n {
					t.Errorf("%d attempts, %d in the receipt, want %d", n, r.Attempts, tt.attempts)
				}
				if (r.Err == nil) != (tt.err == "") || r.Err != nil && !strings.Contains(r.Err.Error(), tt.err) {
					t.Errorf("error %v, want %q", r.Err, tt.err)
				}
			})
		})
	}
}

func TestInvalidateRetry_GoesOnForTheWholeTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: failing(1000, 500)}
		begin := time.Now()
		err := g.client(t).Invalidate(t.Context(), cachecore.NewDep("doc:1"))
		// The last wait, of up to 5 s, has to fit in.
		if took := time.Since(begin); err == nil || took < 25*time.Second || took > 30*time.Second {
			t.Errorf("gave up after %v: %v", took, err)
		}
	})
}

// A gateway that is down costs a call its timeout once, not once for each dep.
func TestInvalidateRetry_GivesUpTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 10_000
		g := &gateway{invalidate: failing(1<<30, 503)}
		c := g.client(t)
		begin := time.Now()
		results := c.InvalidateMany(t.Context(), numbered("doc", n)...)
		if took := time.Since(begin); took < 25*time.Second || took > 35*time.Second {
			t.Errorf("took %v, want about the timeout of 30s", took)
		}
		once := 0
		for _, r := range results {
			if r.Err == nil || r.Attempts == 0 {
				t.Fatalf("receipt %+v", r)
			}
			if r.Attempts == 1 {
				once++
			}
		}
		if once < n-200 {
			t.Errorf("%d deps got one attempt, want all but the first of each worker", once)
		}
	})
}

// Two deps fail until their time is over, which makes the third get one
// attempt; the fourth succeeds, and the fifth is tried again.
func TestInvalidateRetry_SuccessGivesTheOthersTheirRetriesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fails := map[string]int{"doc:00000": 1 << 30, "doc:00001": 1 << 30, "doc:00002": 1 << 30, "doc:00004": 2}
		var mu sync.Mutex
		seen := map[string]int{}
		g := &gateway{}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			last := g.arrivals("")
			id := last[len(last)-1].ID
			seen[id]++
			failed := seen[id] <= fails[id]
			mu.Unlock()
			if id > "doc:00001" {
				<-time.After(7 * time.Second) // long enough for both to give up
			}
			if failed {
				return answer(req, 503, "", ""), nil
			}
			return answer(req, 200, "", receiptOK), nil
		}
		results := g.client(t, cachecore.WithConcurrency(1)).InvalidateMany(t.Context(), numbered("doc", 5)...)
		for _, r := range results[:2] {
			if r.Attempts < 5 || r.Err == nil {
				t.Errorf("%s gave up after %d attempts: %v", r.Dep, r.Attempts, r.Err)
			}
		}
		if n := results[2].Attempts; n != 1 || results[2].Err == nil {
			t.Errorf("the third: %d attempts, %v, want 1", n, results[2].Err)
		}
		if results[3].Err != nil {
			t.Errorf("the fourth: %v", results[3].Err)
		}
		if n := results[4].Attempts; n != 3 || results[4].Err != nil {
			t.Errorf("the fifth: %d attempts, %v, want 3", n, results[4].Err)
		}
	})
}

func TestInvalidateRetry_NetworkErrorIsRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sentinel := errors.New("connection refused")
		g := &gateway{invalidate: func(*http.Request) (*http.Response, error) { return nil, sentinel }}
		r := g.client(t).InvalidateMany(t.Context(), cachecore.NewDep("doc:1"))[0]
		if !errors.Is(r.Err, sentinel) || r.Attempts < 2 {
			t.Errorf("got %v after %d attempts", r.Err, r.Attempts)
		}
	})
}

func TestInvalidate_ConcurrencyIsBoundedAcrossCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		g := &gateway{invalidate: func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			<-time.After(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return answer(req, 200, "", receiptOK), nil
		}}
		c := g.client(t, cachecore.WithConcurrency(5))
		begin := time.Now()
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				if err := c.Invalidate(t.Context(), numbered("doc"+string(rune('a'+i)), 10)...); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most != 5 || time.Since(begin) != 8*time.Second {
			t.Errorf("%d at a time, %v in all; want 5, and 8s for 40", most, time.Since(begin))
		}
	})
}

// stuckUntil returns a gateway that answers invalidations when release is closed.
// It does not heed the contexts of its requests.
func stuckUntil(release <-chan struct{}) *gateway {
	return &gateway{invalidate: func(req *http.Request) (*http.Response, error) {
		<-release
		return answer(req, 200, "", receiptOK), nil
	}}
}
