package otelcachecore_test

import (
	"context"
	"maps"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

// codeLeft is the gateway's record of a request whose client left.
const codeLeft = 499

// A real Prometheus scrapes an application under load. Its numbers then equal
// the gateway's record exactly.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	a := newApplication(t)
	s := startServer(t, a.instance())
	a.mixed(t, 1)
	a.awaitScrape(t, s) // so that the metrics have a rate
	a.mixed(t, 2)
	a.invalidationFaults(t, "album", 5, 9)
	a.invalidationFaults(t, "customer", 3, 4)
	a.requestFaults(t, "album", 4, 3)
	a.requestFaults(t, "genre", 7, 2)
	a.hangUps(t, "customer", 4)
	a.hangUps(t, "album", 3)
	requireBackground(t, a, s)
	a.awaitScrape(t, s)

	requireRequests(t, a, s)
	requireInvalidations(t, a, s)
	requireDashboard(t, s)
}

// requireBackground requires the gauge to count the invalidations whose callers
// hung up, and to go back to 0.
func requireBackground(t *testing.T, a *application, s *server) {
	t.Helper()
	const n = 5
	const gauge = `sum(cachecore_background_deps{cachecore_cause="call"})`
	a.gateway.Fail(cachecoretest.Invalidate, n, cachecoretest.Fault{Delay: time.Minute})
	a.do(t, func(c *cachecore.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { _ = c.Invalidate(ctx, cachecore.NewDep("genre:"+string(rune('a'+i)))) }) // the error of ctx
		}
		a.gateway.AwaitDelayed(n)
		cancel()
		wg.Wait()
		a.awaitScrape(t, s)
		requireEqual(t, s, gauge, map[string]float64{"": n})
		a.gateway.Advance(time.Minute)
	})
	a.awaitScrape(t, s)
	requireEqual(t, s, gauge, map[string]float64{"": 0})
}

// requireRequests compares the metrics of requests with the gateway's record
// and the faults in front of it.
func requireRequests(t *testing.T, a *application, s *server) {
	t.Helper()
	var all, hits float64
	statuses, failures := map[string]float64{}, map[string]float64{}
	kinds, kindFailures, kindHits, kindTotals := map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}
	count := func(ids []string, status, failure string, n int) {
		all += float64(n)
		statuses[status] += float64(n)
		if failure != "" {
			failures[failure] += float64(n)
		}
		hit := strings.HasPrefix(status, "HIT")
		if hit {
			hits += float64(n)
		}
		for kind := range kindsOf(ids) {
			kinds[kind+" "+status] += float64(n)
			kindTotals[kind] += float64(n)
			if hit {
				kindHits[kind] += float64(n)
			}
			if failure != "" {
				kindFailures[kind+" "+failure] += float64(n)
			}
		}
	}
	for _, r := range a.gateway.Requests() {
		var ids []string
		for _, d := range r.Deps {
			ids = append(ids, d.ID)
		}
		switch r.Code {
		case 200:
			count(ids, string(r.Cache), "", 1)
		case codeLeft:
			count(ids, "UNKNOWN", "canceled", 1)
		default:
			t.Fatalf("the gateway answered %d", r.Code)
		}
	}
	for kind, n := range a.refused {
		count([]string{kind + ":1"}, "UNKNOWN", "503", n)
	}
	for kind, n := range a.reset {
		count([]string{kind + ":1"}, "UNKNOWN", "_OTHER", n)
	}
	if hits == 0 || statuses["MISS"] == 0 || statuses[string(devgateway.Bypass)] == 0 || len(kindFailures) < 6 {
		t.Fatalf("the load is too simple: %v, %v", statuses, kindFailures)
	}
	ratios := map[string]float64{}
	for kind, n := range kindHits {
		ratios[kind] = n / kindTotals[kind]
	}
	// A bypass declares its deps to the client alone.
	const declared = `cachecore_request_kinds_total{cachecore_status!="BYPASS"}`
	requireEqual(t, s, `sum(cachecore_requests_total)`, map[string]float64{"": all})
	requireEqual(t, s, `sum(cachecore_requests_total{cachecore_status=~"HIT.*"}) / sum(cachecore_requests_total)`, map[string]float64{"": hits / all})
	requireEqual(t, s, `sum by (cachecore_status) (cachecore_requests_total)`, statuses)
	requireEqual(t, s, `sum by (error_type) (cachecore_requests_total{error_type!=""})`, failures)
	requireEqual(t, s, `sum(cachecore_requests_total{cachecore_bypass_reason="invalid_dep"})`, map[string]float64{"": float64(a.degraded)})
	requireEqual(t, s, `sum by (cachecore_kind, cachecore_status) (`+declared+`)`, kinds)
	requireEqual(t, s, `sum by (cachecore_kind, error_type) (cachecore_request_kinds_total{error_type!=""})`, kindFailures)
	requireEqual(t, s, `sum by (cachecore_kind) (cachecore_request_kinds_total{cachecore_status=~"HIT.*"}) / sum by (cachecore_kind) (`+declared+`)`, ratios)
}

// requireInvalidations compares the metrics of invalidations with the gateway's
// record and the faults in front of it.
func requireInvalidations(t *testing.T, a *application, s *server) {
	t.Helper()
	attempts, answers, failures := map[string]float64{}, map[string]float64{}, map[string]float64{}
	dropped := 0
	for _, i := range a.gateway.Invalidations() {
		for kind := range kindsOf([]string{i.DepID}) {
			attempts[kind]++
			answers[kind] += float64(i.KeysDeleted)
			dropped += i.KeysDeleted
		}
	}
	for kind, n := range a.forbidden {
		attempts[kind] += float64(n)
		failures[kind+" 403"] += float64(n)
	}
	for kind, n := range a.failing {
		attempts[kind] += float64(n)
	}
	if dropped == 0 || len(attempts) < 3 {
		t.Fatalf("the load is too simple: %v, %d answers dropped", attempts, dropped)
	}
	requireEqual(t, s, `sum by (cachecore_kind) (cachecore_invalidation_attempts_total)`, attempts)
	requireEqual(t, s, `sum by (cachecore_kind) (cachecore_invalidation_answers_total)`, answers)
	requireEqual(t, s, `sum by (cachecore_kind, error_type) (cachecore_invalidations_total{error_type!=""})`, failures)
	requireEqual(t, s, `sum by (cachecore_kind) (cachecore_invalidation_duration_seconds_count)`, s.query(t, `sum by (cachecore_kind) (cachecore_invalidations_total)`))
	for cause, n := range s.query(t, `sum by (cachecore_cause) (cachecore_background_deps)`) {
		if n != 0 {
			t.Errorf("%v deps have work in the background with the cause %s, want 0 after Close", n, cause)
		}
	}
}

func requireEqual(t *testing.T, s *server, expression string, want map[string]float64) {
	t.Helper()
	got := s.query(t, expression)
	if !maps.EqualFunc(got, want, func(a, b float64) bool { return a == b && !math.IsNaN(a) }) {
		t.Errorf("%s\nis   %v\nwant %v", expression, got, want)
	}
}

// kindsOf returns the kinds of ids, which all have a prefix.
func kindsOf(ids []string) map[string]bool {
	kinds := map[string]bool{}
	for _, id := range ids {
		kind, _, _ := strings.Cut(id, ":")
		kinds[kind] = true
	}
	return kinds
}
