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
)

// testTags shows that a request carries the token and the deps beside the SDK's
// own key, and that the gateway's word on the answer reaches the caller.
func testTags(t *testing.T, d Driver, m mode) {
	gateway := newServer(t, func(w http.ResponseWriter, r received) {
		w.Header().Set("X-Cache", "HIT_L2")
		w.Header().Set("X-Cache-Similarity", "0.97")
		w.Header().Set("X-Cache-Age", "7")
		d.Wire.answer(w, r, func(int) {}, "30 days", "' notice")
	})
	ctx, call := cachecore.WithCall(t.Context(),
		cachecore.NewDep("doc:contract-123"), cachecore.NewDep(`doc:Müller & "Söhne"`).WithHash("7"))
	text, err := m.ask(ctx, d.build(t, gateway.URL, key), "What notice?")
	if err != nil || text != "30 days' notice" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	r := gateway.requests(t, 1)[0]
	r.mustCarry(t, dep{"doc:contract-123", "v1"}, dep{`doc:Müller & "Söhne"`, "7"})
	if !strings.Contains(fmt.Sprint(r.header), key) {
		t.Errorf("the SDK's own key is gone: %v", r.header)
	}
	want := []cachecore.CacheStatus{{Status: cachecore.HitL2, Similarity: 0.97, Age: 7 * time.Second}}
	if got := call.Statuses(); !reflect.DeepEqual(got, want) {
		t.Errorf("statuses are %v, want %v", got, want)
	}
}

// testRetries shows that a request that the SDK sends again is the same one, or
// that it does not send it again.
func testRetries(t *testing.T, d Driver, m mode) {
	failures := make(chan int, 2)
	failures <- http.StatusServiceUnavailable
	failures <- http.StatusTooManyRequests
	gateway := newServer(t, func(w http.ResponseWriter, r received) {
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
	ctx, call := cachecore.WithCall(t.Context(), cachecore.NewDep("doc:contract-123"))
	text, err := m.ask(ctx, d.build(t, gateway.URL, key), "What notice?")
	if !d.Retries {
		if err == nil {
			t.Errorf("answer is %q, want an error", text)
		}
		gateway.requests(t, 1)[0].mustCarry(t, dep{"doc:contract-123", "v1"})
		return
	}
	if err != nil || text != "30 days" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	all := gateway.requests(t, 3)
	for _, r := range all {
		r.mustCarry(t, dep{"doc:contract-123", "v1"})
		if !bytes.Equal(r.body, all[0].body) {
			t.Errorf("body is %s, was %s", r.body, all[0].body)
		}
	}
	if n := len(call.Statuses()); n != 3 || call.Status().Status != cachecore.HitL1 {
		t.Errorf("%d statuses, the last is %v; want 3 and %s", n, call.Status(), cachecore.HitL1)
	}
}

// testConcurrent shows that each of many calls at once travels with its own deps
// and gets its own answer and status.
func testConcurrent(t *testing.T, d Driver, m mode) {
	gateway := newServer(t, func(w http.ResponseWriter, r received) {
		deps := r.deps(t)
		if len(deps) != 1 || !bytes.Contains(r.body, []byte("about "+deps[0].ID+"?")) {
			t.Errorf("a request carries %v: %s", deps, r.body)
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
			ctx, call := cachecore.WithCall(t.Context(), cachecore.NewDep(id))
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
	gateway.requests(t, calls)
}

// testBypass shows that nothing of a bypass names the tenant, even where the
// SDK's own key is the tenant's token.
func testBypass(t *testing.T, d Driver, m mode) {
	gateway := newServer(t, func(w http.ResponseWriter, r received) {
		w.Header().Set("X-Cache", "BYPASS")
		d.Wire.answer(w, r, func(int) {}, "30 days")
	})
	ctx, call := cachecore.WithCall(t.Context(), cachecore.NewDep("doc:contract-123"))
	text, err := m.ask(cachecore.WithBypass(ctx), d.build(t, gateway.URL, token), "What notice?")
	if err != nil || text != "30 days" {
		t.Fatalf("answer is %q, %v", text, err)
	}
	gateway.requests(t, 1)[0].mustNotNameTenant(t)
	if got := call.Status().Status; got != cachecore.Bypass {
		t.Errorf("status is %s, want %s", got, cachecore.Bypass)
	}
}
