package cachecore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestObserver_SeesEachRequest(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection broken")
	doc := cachecore.NewDep("doc:1").GroupedBy(cachecore.NewDep("team:1"))
	docs := numbered("doc", 150, cachecore.NewDep("table:docs"))
	tests := []struct {
		name   string
		ctx    context.Context
		answer string // X-Cache
		want   cachecore.RequestEvent
		deps   int
		err    error // in the chain of Status.Err
	}{
		{"hit", cachecore.WithDeps(t.Context(), doc), "HIT_L1", cachecore.RequestEvent{Code: 200, Status: cachecore.CacheStatus{Status: "HIT_L1", Age: 3 * time.Second}}, 2, nil},
		{"without deps", t.Context(), "MISS", cachecore.RequestEvent{Code: 200, Status: cachecore.CacheStatus{Status: "MISS", Age: 3 * time.Second}}, 0, nil},
		{"coarsened", cachecore.WithDeps(t.Context(), docs...), "MISS", cachecore.RequestEvent{Code: 200, Coarsened: true, Status: cachecore.CacheStatus{Status: "MISS", Age: 3 * time.Second}}, 150, nil},
		{"degraded", cachecore.WithDeps(t.Context(), cachecore.InvalidDep("doc", broken)), "BYPASS", cachecore.RequestEvent{Code: 200, Status: cachecore.CacheStatus{Status: "BYPASS", Age: 3 * time.Second}}, 1, broken},
		{"bypass", cachecore.WithBypass(cachecore.WithDeps(t.Context(), doc)), "BYPASS", cachecore.RequestEvent{Code: 200, Status: cachecore.CacheStatus{Status: "BYPASS", Age: 3 * time.Second}}, 0, nil},
		{"no gateway's answer", cachecore.WithDeps(t.Context(), doc), "", cachecore.RequestEvent{Code: 200, Status: cachecore.CacheStatus{Status: "UNKNOWN", Age: 3 * time.Second}}, 2, nil},
		{"failed", cachecore.WithDeps(t.Context(), doc), "fail", cachecore.RequestEvent{Err: context.Canceled, Status: cachecore.CacheStatus{Status: "UNKNOWN"}}, 2, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var order []string
				var got []cachecore.RequestEvent
				c := inMemory(t, func(req *http.Request) (*http.Response, error) {
					<-time.After(2 * time.Second)
					if tt.answer == "fail" {
						return nil, context.Canceled
					}
					resp := answer(req, 200, tt.answer, "")
					resp.Header.Set("X-Cache-Age", "3")
					return resp, nil
				}, cachecore.WithObserver(cachecore.Observer{Request: func(_ context.Context, e cachecore.RequestEvent) {
					order = append(order, "first")
					got = append(got, e)
				}}), cachecore.WithObserver(cachecore.Observer{}), cachecore.WithObserver(cachecore.Observer{Request: func(context.Context, cachecore.RequestEvent) {
					order = append(order, "second")
				}}))
				req, err := http.NewRequestWithContext(tt.ctx, http.MethodPost, "http://gateway.test/", http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				if resp, err := c.Transport().RoundTrip(req); err == nil {
					_ = resp.Body.Close()
				}
				if strings.Join(order, " ") != "first second" {
					t.Fatalf("observers were called: %v", order)
				}
				e := got[0]
				if len(e.Deps) != tt.deps || !errors.Is(e.Status.Err, tt.err) || !errors.Is(e.Err, tt.want.Err) || e.Duration != 2*time.Second {
					t.Errorf("got %+v", e)
				}
				e.Deps, e.Status.Err, e.Err, e.Duration = nil, nil, tt.want.Err, 0
				if e.Code != tt.want.Code || e.Status != tt.want.Status || e.Coarsened != tt.want.Coarsened {
					t.Errorf("got %+v, want %+v", e, tt.want)
				}
			})
		})
	}
}

// Requests to other hosts are none of the gateway's.
func TestObserver_SkipsOtherHosts(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted(""), cachecore.WithObserver(cachecore.Observer{Request: func(_ context.Context, e cachecore.RequestEvent) {
		t.Errorf("observed %+v", e)
	}}))
	for _, url := range []string{"http://elsewhere.test/v1/chat/completions", "http://gateway.test/oauth/token"} {
		req, err := http.NewRequestWithContext(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), http.MethodPost, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Transport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}

func TestDebugLog_HasEachRequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		level slog.Level
		lines int
	}{{slog.LevelDebug, 1}, {slog.LevelInfo, 0}} {
		var out bytes.Buffer
		c := inMemory(t, scripted("HIT_L1"), cachecore.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: tt.level}))))
		post(cachecore.WithDeps(t.Context(), numbered("doc", 25)...), t, c.HTTPClient(), "http://gateway.test")
		if got := strings.Count(out.String(), "\n"); got != tt.lines {
			t.Errorf("%v: %s", tt.level, out.String())
		}
		if tt.lines == 0 {
			continue
		}
		for _, want := range []string{"status=HIT_L1", "code=200", "deps=25", "doc:00019]"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s is not in %s", want, out.String())
			}
		}
		if strings.Contains(out.String(), testJWT) {
			t.Errorf("the token is in %s", out.String())
		}
	}
}

func TestDep_Kind(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"doc:1": "doc", "doc:a:b": "doc", "doc": "", ":x": ""} {
		if got := cachecore.NewDep(id).Kind(); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}

// A degraded request keeps the status that the gateway sent.
func TestCall_DegradedRequestHasTheGatewaysStatus(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]cachecore.Status{"BYPASS": cachecore.Bypass, "MISS": cachecore.Miss, "": cachecore.Bypass} {
		c := inMemory(t, scripted(sent))
		ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("")))
		post(ctx, t, c.HTTPClient(), "http://gateway.test")
		if all := call.Statuses(); len(all) != 1 || all[0].Status != want || all[0].Err == nil {
			t.Errorf("X-Cache %q: got %+v, want %v", sent, all, want)
		}
	}
	// A request that failed has no status, but the reason is kept.
	c := inMemory(t, scripted("error"))
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("")))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := c.Transport().RoundTrip(req); err == nil {
		_ = resp.Body.Close()
		t.Error("the request did not fail")
	}
	if all := call.Statuses(); len(all) != 1 || all[0].Status != cachecore.Unknown || all[0].Err == nil {
		t.Errorf("failed: got %+v", all)
	}
}
