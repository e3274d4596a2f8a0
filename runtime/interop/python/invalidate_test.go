package python

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

func succeed(w http.ResponseWriter, _ loopback.Request) {
	fmt.Fprint(w, `{"ok":true,"keys_deleted":0}`)
}

// quickly retries without the usual delays.
var quickly = cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: 2, BaseDelay: time.Nanosecond})

// The vendor's client sends no token, so a gateway that requires a token
// refuses.
func TestInvalidationCarriesToken(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	o, p := onGateway(t, gateway, devgateway.Claims{Tenant: "first"})
	r := completion(gateway, whole, contract)
	p.post(t, r)
	got := p.invalidate(t, contract.ID())[0]
	if got.OK || got.Error == nil || !strings.Contains(*got.Error, "401") {
		t.Errorf("theirs: %+v, want a 401", got)
	}
	if got := p.post(t, r); got.Status != "HIT_L1" {
		t.Errorf("after theirs: %s, want HIT_L1 still", got.Status)
	}
	if err := o.Invalidate(t.Context(), contract); err != nil {
		t.Errorf("ours: %v", err)
	}
	if got := p.post(t, r); got.Status != "MISS" {
		t.Errorf("after ours: %s, want MISS", got.Status)
	}
}

// The vendor's client gives up at the first failure and reports it in a result,
// without raising an exception. Ours tries again, and returns an error if that
// fails too.
func TestFailedInvalidation(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	failures := map[bool]int{} // remaining failures for the vendor's client (true) and for ours (false)
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		mu.Lock()
		defer mu.Unlock()
		if isTheirs := strings.Contains(r.Header.Get("User-Agent"), "python"); failures[isTheirs] > 0 {
			failures[isTheirs]--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		succeed(w, r)
	})
	fail := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		failures[true], failures[false] = n, n
	}
	p, o := newTheirs(t, gateway.URL, "token", timeout), newOurs(t, gateway.URL, "token", quickly)

	fail(1)
	if got := p.invalidate(t, contract.ID())[0]; got.OK {
		t.Errorf("theirs, one failure: %+v, want it lost", got)
	}
	gateway.Exactly(t, 1)
	if err := o.Invalidate(t.Context(), contract); err != nil {
		t.Errorf("ours, one failure: %v", err)
	}
	gateway.Exactly(t, 3)

	fail(100)
	p.invalidate(t, contract.ID()) // the call itself returns without an error
	var invalidate *cachecore.InvalidateError
	if err := o.Invalidate(t.Context(), contract); !errors.As(err, &invalidate) || invalidate.Attempts != 2 {
		t.Errorf("ours, always failing: %v, want an error after 2 attempts", err)
	}
}

// The vendor's client treats any response that is not an error as success, even
// a redirect to a log-in page. Ours requires 2xx and "ok": true.
func TestWhatCountsAsSuccess(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter, loopback.Request){
		"a redirect": func(w http.ResponseWriter, _ loopback.Request) {
			w.Header().Set("Location", "/login")
			w.WriteHeader(http.StatusFound)
		},
		"ok: false": func(w http.ResponseWriter, _ loopback.Request) { fmt.Fprint(w, `{"ok":false}`) },
		"a page":    func(w http.ResponseWriter, _ loopback.Request) { fmt.Fprint(w, `<html>`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := loopback.NewServer(t, answer)
			if got := newTheirs(t, gateway.URL, "token", timeout).invalidate(t, contract.ID())[0]; !got.OK {
				t.Errorf("theirs: %+v, want success", got)
			}
			if err := newOurs(t, gateway.URL, "token", quickly).Invalidate(t.Context(), contract); err == nil {
				t.Error("ours: success, want an error")
			}
		})
	}
}

// The vendor's client starts all calls at once, up to httpx's limit, including
// repetitions. Ours sends each dep once and keeps to its limit.
func TestManyInvalidations(t *testing.T) {
	t.Parallel()
	const httpxConnections, bound, ids = 100, 8, 104
	var names []string
	var deps []cachecore.Dep
	for i := range ids {
		names = append(names, "doc:"+strconv.Itoa(i), "doc:0")
		deps = append(deps, cachecore.NewDep("doc:"+strconv.Itoa(i)), cachecore.NewDep("doc:0"))
	}

	// The gateway answers only when as many calls have arrived as the client
	// sends at once.
	together := newMeeting(httpxConnections)
	gateway := loopback.NewServer(t, together.answer)
	for i, got := range newTheirs(t, gateway.URL, "token", timeout).invalidate(t, names...) {
		if !got.OK || got.DepID != names[i] {
			t.Errorf("theirs: %+v, want %s", got, names[i])
		}
	}
	gateway.Exactly(t, 2*ids)
	if together.most != httpxConnections {
		t.Errorf("theirs has %d calls at a time, want %d", together.most, httpxConnections)
	}

	together = newMeeting(bound)
	gateway = loopback.NewServer(t, together.answer)
	results := newOurs(t, gateway.URL, "token", cachecore.WithConcurrency(bound)).InvalidateMany(t.Context(), deps...)
	for i, got := range results {
		if want := "doc:" + strconv.Itoa(i); got.Err != nil || got.Dep.ID() != want || got.Attempts != 1 {
			t.Errorf("ours: %+v, want %s", got, want)
		}
	}
	gateway.Exactly(t, ids)
	if together.most != bound {
		t.Errorf("ours has %d calls at a time, want %d", together.most, bound)
	}
}

// meeting holds calls back until a number of them have arrived, and lets all
// later ones pass.
type meeting struct {
	mu    sync.Mutex
	size  int
	here  int
	most  int
	begun chan struct{}
}

func newMeeting(size int) *meeting { return &meeting{size: size, begun: make(chan struct{})} }

func (m *meeting) answer(w http.ResponseWriter, r loopback.Request) {
	m.mu.Lock()
	m.here++
	if m.most = max(m.most, m.here); m.here == m.size && m.most == m.size {
		select {
		case <-m.begun:
		default:
			close(m.begun)
		}
	}
	m.mu.Unlock()
	<-m.begun
	m.mu.Lock()
	m.here--
	m.mu.Unlock()
	succeed(w, r)
}

// After a timeout, the vendor's client reports an empty error text.
func TestStalledInvalidation(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	gateway := loopback.NewServer(t, func(http.ResponseWriter, loopback.Request) { <-end })
	t.Cleanup(func() { close(end) })
	const soon = 100 * time.Millisecond
	got := newTheirs(t, gateway.URL, "token", soon).invalidate(t, contract.ID())[0]
	if got.OK || got.Error == nil || *got.Error != "" {
		t.Errorf("theirs: %+v, want a failure that says nothing", got)
	}
	err := newOurs(t, gateway.URL, "token", cachecore.WithTimeout(soon)).Invalidate(t.Context(), contract)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), contract.ID()) {
		t.Errorf("ours: %v, want the dep and a timeout", err)
	}
}

// The vendor's client does not understand dates in Retry-After.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	p := newTheirs(t, "http://127.0.0.1", "token", timeout)
	inAnHour := time.Now().Add(time.Hour)
	for name, tt := range map[string]struct {
		value    string
		theirs   *float64
		from, to time.Duration // of our client, counted from the present
	}{
		"seconds": {value: "7", theirs: new(7.0), from: 7 * time.Second, to: 7 * time.Second},
		"date":    {value: inAnHour.UTC().Format(http.TimeFormat), theirs: nil, from: time.Second, to: time.Hour},
		"neither": {value: "soon", theirs: nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := loopback.NewServer(t, func(w http.ResponseWriter, _ loopback.Request) {
				w.Header().Set("Retry-After", tt.value)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			once := cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: 1})
			var limited *cachecore.RateLimitError
			if err := newOurs(t, gateway.URL, "token", once).Invalidate(t.Context(), contract); !errors.As(err, &limited) {
				t.Fatalf("ours: %v, want a RateLimitError", err)
			}
			if got := limited.RetryAfter; got < tt.from || got > tt.to {
				t.Errorf("ours: %s, want %s to %s", got, tt.from, tt.to)
			}
		})
		theirs := call[*float64](t, p, "parse_retry_after", map[string]any{"value": tt.value})
		if (theirs == nil) != (tt.theirs == nil) || theirs != nil && *theirs != *tt.theirs {
			t.Errorf("theirs, %s: %v, want %v", name, theirs, tt.theirs)
		}
	}
}
