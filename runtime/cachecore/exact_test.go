package cachecore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// similar answers a request with a token by HIT_L2, and a bypass by BYPASS.
func similar(w http.ResponseWriter, req *http.Request) {
	if req.Header.Get("X-Cachecore-Token") == "" {
		w.Header().Set("X-Cache", "BYPASS")
		_, _ = io.WriteString(w, "new")
		return
	}
	w.Header().Set("X-Cache", "HIT_L2")
	w.Header().Set("X-Cache-Similarity", "0.97")
	_, _ = io.WriteString(w, "of another question")
}

// withoutGetBody hides GetBody from the transport below.
func withoutGetBody(base http.RoundTripper) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		req = req.WithContext(req.Context())
		req.GetBody = nil
		return base.RoundTrip(req)
	}
}

func TestExactOnly_SendsARefusedRequestAgain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var events []cachecore.RequestEvent
	gateway := newRecorder(t, similar)
	c := newClient(t, gateway.URL, cachecore.WithObserver(cachecore.Observer{Request: func(_ context.Context, e cachecore.RequestEvent) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}}))
	ctx, call := cachecore.WithCall(cachecore.ExactOnly(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))))
	text := post(ctx, t, c.HTTPClient(), gateway.URL, "Authorization", "Bearer "+testToken, "X-Own", "stays", "x-cachecore-deps", "W10")
	if text != "new" {
		t.Errorf("answer %q", text)
	}
	seen := gateway.requests()
	if len(seen) != 2 {
		t.Fatalf("gateway saw %d requests: %+v", len(seen), seen)
	}
	if ids := idsOf(t, seen[0].Header); !reflect.DeepEqual(ids, []string{"doc:1"}) {
		t.Errorf("the first carries %v", ids)
	}
	requireUntagged(t, seen[1].Header)
	for _, r := range seen {
		if r.Body != `{"model":"m"}` || r.Header.Get("X-Own") != "stays" || r.Method != http.MethodPost {
			t.Errorf("sent %+v", r)
		}
	}
	want := []cachecore.CacheStatus{{Status: cachecore.HitL2, Similarity: 0.97, Refused: true}, {Status: cachecore.Bypass}}
	if got := call.Statuses(); !reflect.DeepEqual(got, want) || got[0].Hit() {
		t.Errorf("statuses %+v, want %+v", got, want)
	}
	for i, e := range events {
		if len(events) != 2 || e.Status != want[i] || e.Code != 200 || len(e.Deps) != 1 || e.Coarsened || e.Err != nil {
			t.Errorf("event %d of %d: %+v", i, len(events), e)
		}
	}
}

// Every other answer of the gateway reaches the caller at once.
func TestExactOnly_RefusesOnlySimilarAnswers(t *testing.T) {
	t.Parallel()
	for status, similarity := range map[string]string{
		"HIT_L1": "1.00", "HIT_L1_STALE": "1.00", "MISS": "0.00", "BYPASS": "0.00", "MISS, HIT": "0.00",
		"": "1.00", "HIT": "0.00", "Miss from cloudfront": "", "TCP_HIT": "0.9x", "HIT_L22": "NaN",
	} {
		gateway := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Cache", status)
			w.Header().Set("X-Cache-Similarity", similarity)
		})
		ctx, call := cachecore.WithCall(cachecore.ExactOnly(t.Context()))
		post(ctx, t, newClient(t, gateway.URL).HTTPClient(), gateway.URL)
		gateway.only(t)
		for _, s := range call.Statuses() {
			if s.Refused {
				t.Errorf("%q is refused", status)
			}
		}
	}
}

// A CDN adds a value of its own to X-Cache, in the same line or another one, or
// replaces the gateway's.
func TestExactOnly_BehindACDN(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]string{
		"a known value after":       {"HIT_L2, MISS"},
		"a known value before":      {"MISS,HIT_L2"},
		"a known value in a line":   {"HIT_L2", "MISS"},
		"an unknown value after":    {"HIT_L2, HIT"},
		"replaced":                  {"HIT"},
		"removed":                   nil,
		"an unknown value, several": {"TCP_MISS", "Miss from cloudfront"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
				if req.Header.Get("X-Cachecore-Token") == "" {
					similar(w, req)
					return
				}
				w.Header()["X-Cache"] = values
				w.Header().Set("X-Cache-Similarity", "0.97")
			})
			ctx, call := cachecore.WithCall(cachecore.ExactOnly(t.Context()))
			if text := post(ctx, t, newClient(t, gateway.URL).HTTPClient(), gateway.URL); text != "new" {
				t.Errorf("answer %q", text)
			}
			want := []cachecore.CacheStatus{{Status: cachecore.HitL2, Similarity: 0.97, Refused: true}, {Status: cachecore.Bypass}}
			if got := call.Statuses(); !reflect.DeepEqual(got, want) {
				t.Errorf("statuses %+v, want %+v", got, want)
			}
		})
	}
}

// The second request is the client's own bypass, so its answer has a status even
// if the gateway sends none. A bypass that the caller chose has only a status of
// the gateway.
func TestExactOnly_SecondAnswerWithoutAStatus(t *testing.T) {
	t.Parallel()
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("X-Cachecore-Token") == "" {
			return answer(req, 200, "", "new"), nil
		}
		return answer(req, 200, "HIT_L2", "of another question"), nil
	})
	ctx, call := cachecore.WithCall(cachecore.ExactOnly(t.Context()))
	post(ctx, t, c.HTTPClient(), "http://gateway.test")
	post(cachecore.WithBypass(ctx), t, c.HTTPClient(), "http://gateway.test")
	want := []cachecore.CacheStatus{{Status: cachecore.HitL2, Refused: true}, {Status: cachecore.Bypass}}
	if got := call.Statuses(); !reflect.DeepEqual(got, want) {
		t.Errorf("statuses %+v, want %+v", got, want)
	}
}

func TestExactOnly_OffByDefault(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, similar)
	ctx, call := cachecore.WithCall(t.Context())
	if text := post(ctx, t, newClient(t, gateway.URL).HTTPClient(), gateway.URL); text != "of another question" {
		t.Errorf("answer %q", text)
	}
	gateway.only(t)
	if s := call.Status(); s.Refused || !s.Hit() {
		t.Errorf("status %+v", s)
	}
}

func TestExactOnly_Bodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body  io.Reader
		strip bool
		twice bool
	}{
		"none":                 {nil, false, true},
		"none, no GetBody":     {nil, true, true},
		"NoBody":               {http.NoBody, true, true},
		"GetBody":              {strings.NewReader("prompt"), false, true},
		"bytes":                {bytes.NewReader([]byte("prompt")), false, true},
		"a body, no GetBody":   {strings.NewReader("prompt"), true, false},
		"a stream, no GetBody": {io.MultiReader(strings.NewReader("prompt")), false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, similar)
			logs := &logBuffer{}
			c := newClient(t, gateway.URL, logs.option())
			var rt http.RoundTripper = c.Transport()
			if tt.strip {
				rt = withoutGetBody(rt)
			}
			for _, ctx := range []context.Context{t.Context(), cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))} {
				ctx, call := cachecore.WithCall(cachecore.ExactOnly(ctx))
				if s, ok := tt.body.(io.Seeker); ok {
					_, _ = s.Seek(0, io.SeekStart)
				}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway.URL, tt.body)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := rt.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if string(text) != "new" {
					t.Errorf("answer %q", text)
				}
				got, last := call.Statuses(), call.Status()
				if tt.twice && (len(got) != 2 || !got[0].Refused || last.Err != nil) {
					t.Errorf("statuses %+v, want a refused one", got)
				}
				if !tt.twice && (len(got) != 1 || !errors.Is(last.Err, cachecore.ErrNoGetBody)) {
					t.Errorf("statuses %+v, want one", got)
				}
				if last.Status != cachecore.Bypass {
					t.Errorf("status %v", last.Status)
				}
			}
			seen := gateway.requests()
			requireUntagged(t, seen[len(seen)-1].Header)
			if !tt.twice {
				requireUntagged(t, seen[0].Header)
			}
			if strings.Contains(logs.String(), "ERROR") {
				t.Errorf("logged %s", logs)
			}
		})
	}
}

// A dep that cannot be sent is a mistake, and so it is the reason that shows.
func TestExactOnly_DoesNotHideAMistake(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("BYPASS"))
	ctx, call := cachecore.WithCall(cachecore.ExactOnly(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:"))))
	post(ctx, t, &http.Client{Transport: withoutGetBody(c.Transport())}, "http://gateway.test")
	if err := call.Status().Err; err == nil || errors.Is(err, cachecore.ErrNoGetBody) {
		t.Errorf("got %v", err)
	}
}

// No gateway looks up a bypass. If one did, a loop would not help.
func TestExactOnly_RefusesASimilarAnswerToABypass(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(context.Context) context.Context{
		"sent again":  func(ctx context.Context) context.Context { return ctx },
		"bypass":      cachecore.WithBypass,
		"invalid dep": func(ctx context.Context) context.Context { return cachecore.WithDeps(ctx, cachecore.Dep{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var open atomic.Int32
			c := inMemory(t, func(req *http.Request) (*http.Response, error) {
				resp := answer(req, 200, "HIT_L2", "of another question")
				open.Add(1)
				resp.Body = onClose{resp.Body, func() { open.Add(-1) }}
				return resp, nil
			})
			ctx, call := cachecore.WithCall(cachecore.ExactOnly(wrap(t.Context())))
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/", strings.NewReader("prompt"))
			resp, err := c.Transport().RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "HIT_L2") || resp != nil {
				t.Errorf("got %v, %v", resp, err)
			}
			if n := open.Load(); n != 0 {
				t.Errorf("%d bodies are open", n)
			}
			for _, s := range call.Statuses() {
				if !s.Refused {
					t.Errorf("status %+v", s)
				}
			}
		})
	}
}

// onClose is a body that reports its first Close.
type onClose struct {
	io.Reader

	closed func()
}

func (b onClose) Close() error { b.closed(); return nil }

func TestExactOnly_LeavesOtherHostsAlone(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("HIT_L2"))
	for _, url := range []string{"http://other.test", "http://gateway.test/oauth/token?"} {
		ctx, call := cachecore.WithCall(cachecore.ExactOnly(t.Context()))
		post(ctx, t, c.HTTPClient(), url)
		if n := len(call.Statuses()); n != 0 {
			t.Errorf("%s: %d statuses", url, n)
		}
	}
}
