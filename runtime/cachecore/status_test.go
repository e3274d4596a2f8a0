package cachecore_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestParseStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		h    http.Header
		want cachecore.CacheStatus
		hit  bool
	}{
		{"absent", http.Header{}, cachecore.CacheStatus{Status: cachecore.Unknown}, false},
		{"nil", nil, cachecore.CacheStatus{Status: cachecore.Unknown}, false},
		{"unknown value", http.Header{"X-Cache": {"TEPID"}}, cachecore.CacheStatus{Status: cachecore.Unknown}, false},
		{"case counts", http.Header{"X-Cache": {"miss"}}, cachecore.CacheStatus{Status: cachecore.Unknown}, false},
		{"L1", http.Header{"X-Cache": {"HIT_L1"}, "X-Cache-Similarity": {"1.00"}, "X-Cache-Age": {"12"}}, cachecore.CacheStatus{Status: cachecore.HitL1, Similarity: 1, Age: 12 * time.Second}, true},
		{"stale", http.Header{"X-Cache": {"HIT_L1_STALE"}, "X-Cache-Age": {"3100"}}, cachecore.CacheStatus{Status: cachecore.HitL1Stale, Age: 3100 * time.Second}, true},
		{"L2", http.Header{"X-Cache": {"HIT_L2"}, "X-Cache-Similarity": {"0.93"}}, cachecore.CacheStatus{Status: cachecore.HitL2, Similarity: 0.93}, true},
		{"miss", http.Header{"X-Cache": {"MISS"}, "X-Cache-Similarity": {"0.00"}, "X-Cache-Age": {"0"}}, cachecore.CacheStatus{Status: cachecore.Miss}, false},
		{"bypass", http.Header{"X-Cache": {"BYPASS"}}, cachecore.CacheStatus{Status: cachecore.Bypass}, false},
		{"CDN first", http.Header{"X-Cache": {"Miss from cloudfront", "HIT_L2"}}, cachecore.CacheStatus{Status: cachecore.HitL2}, true},
		{"CDN last", http.Header{"X-Cache": {"HIT_L2", "Miss from cloudfront"}}, cachecore.CacheStatus{Status: cachecore.HitL2}, true},
		{"CDN in one line", http.Header{"X-Cache": {"HIT_L1, HIT, MISS from cdn"}}, cachecore.CacheStatus{Status: cachecore.HitL1}, true},
		{"last known of several", http.Header{"X-Cache": {"HIT_L1", "MISS"}}, cachecore.CacheStatus{Status: cachecore.Miss}, false},
		{"bad numbers", http.Header{"X-Cache": {"HIT_L1"}, "X-Cache-Similarity": {"high"}, "X-Cache-Age": {"1.5"}}, cachecore.CacheStatus{Status: cachecore.HitL1}, true},
		{"similarity above 1", http.Header{"X-Cache": {"HIT_L2"}, "X-Cache-Similarity": {"1.01"}}, cachecore.CacheStatus{Status: cachecore.HitL2}, true},
		{"numbers out of range", http.Header{"X-Cache": {"HIT_L1"}, "X-Cache-Similarity": {"NaN"}, "X-Cache-Age": {"-1"}}, cachecore.CacheStatus{Status: cachecore.HitL1}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := cachecore.ParseStatus(tt.h)
			if got != tt.want || got.Hit() != tt.hit {
				t.Errorf("got %+v (hit %t), want %+v (hit %t)", got, got.Hit(), tt.want, tt.hit)
			}
		})
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add("HIT_L1", "1.00", "12")
	f.Add("Miss from cloudfront, HIT_L2", "0x1p-2", "99999999999999999999")
	f.Add("\x00,,MISS", "-inf", " 1")
	known := map[cachecore.Status]bool{
		cachecore.HitL1: true, cachecore.HitL1Stale: true, cachecore.HitL2: true,
		cachecore.Miss: true, cachecore.Bypass: true, cachecore.Unknown: true,
	}
	f.Fuzz(func(t *testing.T, status, similarity, age string) {
		s := cachecore.ParseStatus(http.Header{"X-Cache": {status}, "X-Cache-Similarity": {similarity}, "X-Cache-Age": {age}})
		switch {
		case !known[s.Status]:
			t.Errorf("status %q", s.Status)
		case s.Status != cachecore.Unknown && !strings.Contains(status, string(s.Status)):
			t.Errorf("status %q of %q", s.Status, status)
		case !(s.Similarity >= 0 && s.Similarity <= 1):
			t.Errorf("similarity %v of %q", s.Similarity, similarity)
		case s.Age < 0 || s.Age%time.Second != 0:
			t.Errorf("age %v of %q", s.Age, age)
		}
	})
}

// scripted answers request after request with the given codes and statuses.
func scripted(steps ...string) roundTripFunc {
	var mu sync.Mutex
	return func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		step := steps[0]
		if len(steps) > 1 {
			steps = steps[1:]
		}
		switch step {
		case "error":
			return nil, errors.New("connection reset")
		case "503":
			return answer(req, 503, "MISS", ""), nil
		}
		return answer(req, 200, step, ""), nil
	}
}

func statuses(call *cachecore.Call) []cachecore.Status {
	var out []cachecore.Status
	for _, s := range call.Statuses() {
		out = append(out, s.Status)
	}
	return out
}

func TestCall_KeepsEveryKnownStatus(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("503", "HIT_L2", "", "Hit from cloudfront"))
	ctx, call := cachecore.WithCall(t.Context())
	if got := call.Status(); got != (cachecore.CacheStatus{Status: cachecore.Unknown}) {
		t.Errorf("before any response the status is %+v", got)
	}
	for range 4 { // an SDK's retry, its answer, and two requests that no gateway answered
		post(ctx, t, c.HTTPClient(), "http://gateway.test")
	}
	if got, want := statuses(call), []cachecore.Status{cachecore.Miss, cachecore.HitL2}; !reflect.DeepEqual(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	if got := call.Status().Status; got != cachecore.HitL2 {
		t.Errorf("last status %v; a response without X-Cache must not replace it", got)
	}
}

func TestCall_HandsOutCopies(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("MISS"))
	ctx, call := cachecore.WithCall(t.Context())
	post(ctx, t, c.HTTPClient(), "http://gateway.test")
	call.Statuses()[0].Status = "changed"
	if got := call.Status().Status; got != cachecore.Miss {
		t.Errorf("the caller changed the record to %v", got)
	}
}

func TestCall_IsWrittenFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("MISS"))
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			post(ctx, t, c.HTTPClient(), "http://gateway.test")
			_ = call.Statuses()
			_ = call.Status()
		})
	}
	wg.Wait()
	if n := len(call.Statuses()); n != 20 {
		t.Errorf("%d statuses, want 20", n)
	}
}

// A background refresh of an SDK uses the call's context when the call is over.
func TestCall_IsWrittenAfterReturn(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("HIT_L1", "MISS"))
	returned, refreshed := make(chan struct{}), make(chan struct{})
	call := func() *cachecore.Call {
		ctx, call := cachecore.WithCall(t.Context())
		post(ctx, t, c.HTTPClient(), "http://gateway.test")
		go func() {
			defer close(refreshed)
			<-returned
			post(ctx, t, c.HTTPClient(), "http://gateway.test")
		}()
		return call
	}()
	first := call.Statuses()
	close(returned)
	<-refreshed
	if len(first) != 1 || first[0].Status != cachecore.HitL1 {
		t.Errorf("statuses at return: %v", first)
	}
	if got, want := statuses(call), []cachecore.Status{cachecore.HitL1, cachecore.Miss}; !reflect.DeepEqual(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestCall_Nests(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("MISS", "HIT_L1"))
	outerCtx, outer := cachecore.WithCall(t.Context())
	innerCtx, inner := cachecore.WithCall(outerCtx)
	post(innerCtx, t, c.HTTPClient(), "http://gateway.test")
	post(outerCtx, t, c.HTTPClient(), "http://gateway.test")
	if got := statuses(inner); !reflect.DeepEqual(got, []cachecore.Status{cachecore.Miss}) {
		t.Errorf("inner %v", got)
	}
	if got := statuses(outer); !reflect.DeepEqual(got, []cachecore.Status{cachecore.Miss, cachecore.HitL1}) {
		t.Errorf("outer %v", got)
	}
}
