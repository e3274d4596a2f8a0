package conformance

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// testTags tests that a request carries the token and the deps in addition to
// the SDK's own key, and that the caller gets the gateway's status.
func testTags(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		w.Header().Set("X-Cache", "HIT_L2")
		w.Header().Set("X-Cache-Similarity", "0.97")
		w.Header().Set("X-Cache-Age", "7")
		d.Wire.answer(w, r, func(int) {}, "30 days", "' notice")
	})
	versioned := cachecore.NewDep(`doc:Müller & "Söhne"`).WithHash("7")
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract, versioned))
	text, err := m.ask(ctx, d.build(t, gateway.URL, key), "What notice?")
	if err != nil || text != "30 days' notice" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	r := gateway.Exactly(t, 1)[0]
	mustCarry(t, r, contract, versioned)
	if !strings.Contains(fmt.Sprint(r.Header), key) {
		t.Errorf("the SDK's own key is gone: %v", r.Header)
	}
	want := []cachecore.CacheStatus{{Status: cachecore.HitL2, Similarity: 0.97, Age: 7 * time.Second}}
	if got := call.Statuses(); !reflect.DeepEqual(got, want) {
		t.Errorf("statuses are %v, want %v", got, want)
	}
}

// testRetries tests that a retry of the SDK is identical to the first request,
// or that the SDK does not retry.
func testRetries(t *testing.T, d Driver, m mode) {
	failures := make(chan int, 2)
	failures <- http.StatusServiceUnavailable
	failures <- http.StatusTooManyRequests
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		select {
		case code := <-failures:
			w.Header().Set("X-Cache", "MISS")
			w.Header().Set("Retry-After-Ms", "1")
			http.Error(w, `{"error":{"message":"try again"}}`, code)
		default:
			w.Header().Set("X-Cache", "HIT_L1")
			d.Wire.answer(w, r, func(int) {}, "30 days")
		}
	})
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract))
	text, err := m.ask(ctx, d.build(t, gateway.URL, key), "What notice?")
	if !d.Retries {
		if err == nil {
			t.Errorf("answer is %q, want an error", text)
		}
		mustCarry(t, gateway.Exactly(t, 1)[0], contract)
		return
	}
	if err != nil || text != "30 days" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	all := gateway.Exactly(t, 3)
	for _, r := range all {
		mustCarry(t, r, contract)
		if !bytes.Equal(r.Body, all[0].Body) {
			t.Errorf("body is %s, was %s", r.Body, all[0].Body)
		}
	}
	if n := len(call.Statuses()); n != 3 || call.Status().Status != cachecore.HitL1 {
		t.Errorf("%d statuses, the last is %v; want 3 and %s", n, call.Status(), cachecore.HitL1)
	}
}

// testConcurrent tests that each of many concurrent calls carries its own deps
// and gets its own answer and status.
func testConcurrent(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		deps := r.Deps(t)
		if len(deps) != 1 || !bytes.Contains(r.Body, []byte("about "+deps[0].ID+"?")) {
			t.Errorf("a request carries %v: %s", deps, r.Body)
			return
		}
		w.Header().Set("X-Cache", "HIT_L1")
		w.Header().Set("X-Cache-Age", strings.TrimPrefix(deps[0].ID, "doc:"))
		d.Wire.answer(w, r, func(int) {}, deps[0].ID)
	})
	sdk := d.build(t, gateway.URL, key)
	const calls = 100
	var group sync.WaitGroup
	for i := range calls {
		group.Go(func() {
			id := "doc:" + strconv.Itoa(i)
			ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep(id)))
			text, err := m.ask(ctx, sdk, "What about "+id+"?")
			if err != nil || text != id {
				t.Errorf("answer about %s is %q, %v", id, text, err)
			}
			want := []cachecore.CacheStatus{{Status: cachecore.HitL1, Age: time.Duration(i) * time.Second}}
			if got := call.Statuses(); !reflect.DeepEqual(got, want) {
				t.Errorf("statuses about %s are %v, want %v", id, got, want)
			}
		})
	}
	group.Wait()
	gateway.Exactly(t, calls)
}

// testBypass tests that no part of a bypass names the tenant, even if the SDK's
// own key is the tenant's token.
func testBypass(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		w.Header().Set("X-Cache", "BYPASS")
		d.Wire.answer(w, r, func(int) {}, "30 days")
	})
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract))
	text, err := m.ask(cachecore.WithBypass(ctx), d.build(t, gateway.URL, token), "What notice?")
	if err != nil || text != "30 days" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	mustNotNameTenant(t, gateway.Exactly(t, 1)[0])
	if got := call.Status().Status; got != cachecore.Bypass {
		t.Errorf("status is %s, want %s", got, cachecore.Bypass)
	}
}

// testSameBytes tests that the same call has the same body each time. An exact
// match needs the same bytes.
func testSameBytes(t *testing.T, d Driver, m mode) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		d.Wire.answer(w, r, func(int) {}, "30 days")
	})
	sdk := d.build(t, gateway.URL, key)
	for range 20 {
		if _, err := m.ask(t.Context(), sdk, "What <notice> & why?"); err != nil {
			t.Fatal(err)
		}
	}
	all := gateway.Exactly(t, 20)
	for _, r := range all {
		if !bytes.Equal(r.Body, all[0].Body) {
			t.Errorf("body is %s, was %s", r.Body, all[0].Body)
		}
	}
}
