package cachecore

import (
	"cmp"
	"encoding/json"
	"net/http"
	"testing"
	"time"
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

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"120":                            2 * time.Minute,
		"-1":                             0,
		"1.5":                            0,
		"soon":                           0,
		"99999999999999999999":           (1<<31 - 1) * time.Second,
		"Sun, 01 Mar 2026 12:01:30 GMT":  90 * time.Second,
		"Sunday, 01-Mar-26 12:00:01 GMT": time.Second,
		"Sun Mar  1 12:00:02 2026":       2 * time.Second,
		"Sun, 01 Mar 2026 11:59:59 GMT":  0,
	} {
		if got := parseRetryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("99999999999999999999")
	f.Add("Sun, 01 Mar 2026 12:01:30 GMT")
	f.Add("Mon, 01 Jan 0001 00:00:00 GMT")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if got := parseRetryAfter(value, now); got < 0 {
			t.Errorf("%q: %v", value, got)
		}
	})
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

// FuzzDecodeDeps holds the decoder of headers written by hand to what any JSON
// decoder makes of them: it refuses, or reads the same ids and hashes.
func FuzzDecodeDeps(f *testing.F) {
	for _, seed := range []string{
		`[]`, `null`, `[null]`, `[{"dep_id":"doc:1"}]`, `[{"dep_id":"doc:1","expected_hash":"7"}]`,
		`[{"dep_id":"doc:1","dep_id":"doc:2"}]`, `[{"DEP_ID":"doc:1"}]`, `[{"dep_id":"doc:\ud83d\ude00"}]`,
		`[{"dep_id":"doc:\ud800"}]`, `[{"dep_id":"doc:\\ud800"}]`, "[{\"dep_id\":\"doc:\xff\"}]", `[{"dep_id":"doc:1"}] 2`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		deps, err := decodeDeps(text)
		if err != nil {
			return
		}
		var want []map[string]string
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%s: read as %v, json.Unmarshal: %v", text, deps, err)
		}
		if len(deps) != len(want) {
			t.Fatalf("%s: read as %v", text, deps)
		}
		for i, d := range deps {
			if d.ID() != want[i]["dep_id"] || d.Hash() != cmp.Or(want[i]["expected_hash"], "v1") {
				t.Errorf("%s: dep %d read as %q %q", text, i, d.ID(), d.Hash())
			}
		}
	})
}
