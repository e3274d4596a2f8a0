package cachecore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestExactOnly_GetBodyFails(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, similar)
	c := newClient(t, gateway.URL)
	broken := errors.New("file is gone")
	ctx, call := cachecore.WithCall(cachecore.ExactOnly(t.Context()))
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, gateway.URL, strings.NewReader("prompt"))
	req.GetBody = func() (io.ReadCloser, error) { return nil, broken }
	resp, err := c.HTTPClient().Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	gateway.only(t)
	if got := call.Statuses(); len(got) != 1 || !got[0].Refused {
		t.Errorf("statuses %+v", got)
	}
}

func TestExactOnly_SecondRequestFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	body := &closeSpy{Reader: strings.NewReader("prompt")}
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		_ = req.Body.Close()
		if req.Header.Get("X-Cachecore-Token") == "" {
			return nil, broken
		}
		return answer(req, 200, "HIT_L2", ""), nil
	})
	req, _ := http.NewRequestWithContext(cachecore.ExactOnly(t.Context()), http.MethodPost, "http://gateway.test/", strings.NewReader("prompt"))
	req.GetBody = func() (io.ReadCloser, error) { return body, nil }
	resp, err := c.Transport().RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, broken) || !body.closed.Load() {
		t.Errorf("got %v, the body is closed: %t", err, body.closed.Load())
	}
}

// The context ends when the first answer is there, and the second request is
// not sent, or fails. Nothing stays open: see TestMain.
func TestExactOnly_ContextEndsBetweenTheTwo(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		gateway := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
			if stream {
				w.Header().Set("Content-Type", "text/event-stream")
			}
			similar(w, req)
		})
		c := newClient(t, gateway.URL, cachecore.WithObserver(cachecore.Observer{Request: func(context.Context, cachecore.RequestEvent) { cancel() }}))
		req, _ := http.NewRequestWithContext(cachecore.ExactOnly(ctx), http.MethodPost, gateway.URL, strings.NewReader("prompt"))
		resp, err := c.HTTPClient().Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		gateway.only(t)
	}
}

// The first answer fills no cache, so an invalidation does not wait for it.
func TestExactOnly_TheFirstFlightEndsUnfilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		doc := cachecore.NewDep("doc:1")
		second, invalidations := make(chan struct{}), 0
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			switch {
			case req.URL.Path == "/v1/invalidate":
				invalidations++
				return answer(req, 200, "", receiptOK), nil
			case req.Header.Get("X-Cachecore-Token") != "":
				return answer(req, 200, "HIT_L2", ""), nil
			}
			<-second
			return answer(req, 200, "BYPASS", ""), nil
		})
		done := make(chan struct{})
		go func() {
			defer close(done)
			post(cachecore.ExactOnly(cachecore.WithDeps(t.Context(), doc)), t, c.HTTPClient(), "http://gateway.test")
		}()
		synctest.Wait()
		if err := c.Invalidate(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
		close(second)
		<-done
		time.Sleep(time.Hour) // of the fake clock
		synctest.Wait()
		if invalidations != 1 {
			t.Errorf("%d invalidations, want 1", invalidations)
		}
	})
}

// A short answer is read to its end to keep the connection. A stream, which may
// pause, and a long answer are not.
func TestExactOnly_KeepsTheConnection(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		size   int
		kind   string
		reused bool
	}{
		"short":            {1 << 10, "application/json", true},
		"short, no length": {10 << 10, "application/json", true}, // net/http sends no length of this
		"long":             {1 << 20, "application/json", false},
		"stream":           {10, "text/event-stream; charset=utf-8", false},
		"lines that pause": {10, "application/x-ndjson", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
				if req.Header.Get("X-Cachecore-Token") == "" {
					w.Header().Set("X-Cache", "BYPASS")
					return
				}
				w.Header().Set("X-Cache", "HIT_L2")
				w.Header().Set("Content-Type", tt.kind)
				_, _ = w.Write(make([]byte, tt.size))
				if tt.kind != "application/json" {
					_ = http.NewResponseController(w).Flush()
					<-req.Context().Done() // the answer pauses until it is given up
				}
			})
			var mu sync.Mutex
			var reused []bool
			ctx := httptrace.WithClientTrace(cachecore.ExactOnly(t.Context()), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
				mu.Lock()
				defer mu.Unlock()
				reused = append(reused, info.Reused)
			}})
			post(ctx, t, newClient(t, gateway.URL).HTTPClient(), gateway.URL)
			if want := []bool{false, tt.reused}; !reflect.DeepEqual(reused, want) {
				t.Errorf("reused: %v, want %v", reused, want)
			}
		})
	}
}

// An answer may pause although it is no event stream, and its body may ignore the
// end of the context. It is closed soon, and once.
func TestExactOnly_DoesNotWaitForAPausedAnswer(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{-1, 100} {
		synctest.Test(t, func(t *testing.T) {
			body, w := io.Pipe()
			closes := 0
			c := inMemory(t, func(req *http.Request) (*http.Response, error) {
				if req.Header.Get("X-Cachecore-Token") == "" {
					return answer(req, 200, "BYPASS", ""), nil
				}
				resp := answer(req, 200, "HIT_L2", "")
				resp.Header.Set("Content-Type", "application/x-ndjson")
				resp.ContentLength = length
				resp.Body = onClose{body, func() { closes++; _ = body.Close() }}
				return resp, nil
			})
			go func() { _, _ = io.WriteString(w, "{}\n") }() // and then a pause
			begun := time.Now()
			post(cachecore.ExactOnly(t.Context()), t, c.HTTPClient(), "http://gateway.test")
			if took := time.Since(begun); took != 50*time.Millisecond || closes != 1 {
				t.Errorf("took %v, closed %d times", took, closes)
			}
		})
	}
}

func TestExactOnly_ReadsNothingOfALongAnswer(t *testing.T) {
	t.Parallel()
	body := &closeSpy{Reader: strings.NewReader("")}
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("X-Cachecore-Token") == "" {
			return answer(req, 200, "BYPASS", ""), nil
		}
		resp := answer(req, 200, "HIT_L2", "")
		resp.Body, resp.ContentLength = body, 1<<20
		return resp, nil
	})
	post(cachecore.ExactOnly(t.Context()), t, c.HTTPClient(), "http://gateway.test")
	if body.read.Load() || !body.closed.Load() {
		t.Errorf("read: %t, closed: %t", body.read.Load(), body.closed.Load())
	}
}

// The second request carries no deps, so its deps are not coarsened.
func TestExactOnly_OnlyTheFirstIsCoarsened(t *testing.T) {
	t.Parallel()
	var coarsened []bool
	gateway := newRecorder(t, similar)
	c := newClient(t, gateway.URL, cachecore.WithObserver(cachecore.Observer{Request: func(_ context.Context, e cachecore.RequestEvent) {
		coarsened = append(coarsened, e.Coarsened)
	}}))
	ctx := cachecore.WithDeps(t.Context(), numbered("doc", 400, cachecore.NewDep("table:docs"))...)
	post(cachecore.ExactOnly(ctx), t, c.HTTPClient(), gateway.URL)
	if !reflect.DeepEqual(coarsened, []bool{true, false}) {
		t.Errorf("coarsened: %v", coarsened)
	}
}

// An http.Client follows redirects above the transport, so each request of the
// chain is exact by itself.
func TestExactOnly_FollowsRedirects(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasPrefix(req.URL.Path, "/moved/") {
			w.Header().Set("X-Cache", "MISS")
			http.Redirect(w, req, "/moved"+req.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		similar(w, req)
	})
	ctx, call := cachecore.WithCall(cachecore.ExactOnly(t.Context()))
	if text := post(ctx, t, newClient(t, gateway.URL).HTTPClient(), gateway.URL); text != "new" {
		t.Errorf("answer %q", text)
	}
	if got, want := statuses(call), []cachecore.Status{"MISS", "HIT_L2", "BYPASS"}; !reflect.DeepEqual(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	for _, r := range gateway.requests() {
		if r.Body != `{"model":"m"}` {
			t.Errorf("%s got %q", r.Path, r.Body)
		}
	}
}

// A bypass may be limited. The gateway's 429 reaches the SDK, whose retry starts
// with a request that is tagged.
func TestExactOnly_LeavesRetriesToTheSDK(t *testing.T) {
	t.Parallel()
	var bypasses atomic.Int32
	gateway := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("X-Cachecore-Token") == "" && bypasses.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		similar(w, req)
	})
	c := newClient(t, gateway.URL)
	var codes []int
	for range 2 {
		req, _ := http.NewRequestWithContext(cachecore.ExactOnly(t.Context()), http.MethodPost, gateway.URL, strings.NewReader("prompt"))
		resp, err := c.Transport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		codes = append(codes, resp.StatusCode)
	}
	if fmt.Sprint(codes) != "[429 200]" || len(gateway.requests()) != 4 {
		t.Errorf("codes %v after %d requests", codes, len(gateway.requests()))
	}
}

func TestExactOnly_ShowsInTheDebugLog(t *testing.T) {
	t.Parallel()
	logs := &logBuffer{}
	gateway := newRecorder(t, similar)
	post(cachecore.ExactOnly(t.Context()), t, newClient(t, gateway.URL, logs.option()).HTTPClient(), gateway.URL)
	if lines := strings.Split(logs.String(), "\n"); len(lines) != 3 || !strings.Contains(lines[0], "refused=true") || strings.Contains(lines[1], "refused") {
		t.Errorf("logged %q", lines)
	}
}
