package cachecore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// quick makes retries immediate. It is meant for tests over a real server.
func quick(attempts int) cachecore.Option {
	return cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: attempts, BaseDelay: time.Nanosecond, MaxDelay: time.Nanosecond})
}

// invalidation is a request to /v1/invalidate, decoded.
type invalidation struct {
	ID   string `json:"dep_id"`
	Hash string `json:"new_hash"`
}

func invalidationsOf(t testing.TB, seen []request) []invalidation {
	t.Helper()
	out := make([]invalidation, len(seen))
	for i, r := range seen {
		if err := json.Unmarshal([]byte(r.Body), &out[i]); err != nil {
			t.Errorf("body %q: %v", r.Body, err)
		}
	}
	return out
}

// steps answers request after request with the given handlers, the last for all
// further ones.
func steps(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		h := handlers[0]
		if len(handlers) > 1 {
			handlers = handlers[1:]
		}
		mu.Unlock()
		h(w, req)
	}
}

func replies(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// cutShort promises more than it sends.
func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"ok":tr`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestInvalidate_Request(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, replies(200, receiptOK))
	c := newClient(t, gateway.URL+"/")
	if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1").WithHash("8")); err != nil {
		t.Fatal(err)
	}
	got := gateway.only(t)
	if got.Method != http.MethodPost || got.Path != "/v1/invalidate" || got.Header.Get("Authorization") != "Bearer "+testToken ||
		got.Header.Get("Content-Type") != "application/json" || got.Body != `{"dep_id":"doc:1","new_hash":"8"}` {
		t.Errorf("request %+v", got)
	}
}

// Only 2xx with ok: true is success. Temporary failures are retried.
func TestInvalidate_Outcomes(t *testing.T) {
	t.Parallel()
	const attempts = 3
	tests := []struct {
		name  string
		h     http.HandlerFunc
		sends int              // requests
		err   string           // "" for success
		as    func(error) bool // checks the chain; nil without an answer of the gateway
	}{
		{"ok", replies(200, receiptOK), 1, "", nil},
		{"202", replies(202, receiptOK), 1, "", nil},
		{"ok false", replies(200, `{"ok":false,"error":{"message":"unknown tenant"}}`), 1, "gateway did not invalidate: unknown tenant", nil},
		{"no ok", replies(200, `{"dep_id":"doc:1"}`), 1, "gateway did not invalidate", nil},
		{"null", replies(200, `null`), 1, "gateway did not invalidate", nil},
		{"not JSON", replies(200, "<html>welcome</html>"), 1, "not a receipt", nil},
		{"empty", replies(200, ""), 1, "not a receipt", nil},
		{"oversized", replies(200, `{"ok":true,"pad":"`+strings.Repeat("x", 1<<20)+`"}`), 1, "more than 65536 bytes", nil},
		{"301", replies(301, receiptOK, "Location", "/v1/invalidate/"), 1, "301 Moved Permanently", is[*cachecore.Error]},
		{"302 to a bad URL", replies(302, "", "Location", "http://%zz/"), 1, "302 Found", is[*cachecore.Error]},
		{"302", replies(302, receiptOK, "Location", "/login"), 1, "302 Found", is[*cachecore.Error]},
		{"307", replies(307, receiptOK, "Location", "/v1/invalidate/"), 1, "307 Temporary Redirect", is[*cachecore.Error]},
		{"304", replies(304, ""), 1, "304 Not Modified", is[*cachecore.Error]},
		{"400", replies(400, `{"error":{"message":"bad dep"}}`), 1, "400 Bad Request: bad dep", is[*cachecore.Error]},
		{"401", replies(401, `{"error":{"message":"token expired","type":"invalid_request_error"}}`), 1, "401 Unauthorized: token expired (check the token", is[*cachecore.AuthError]},
		{"403", replies(403, "no"), 1, "403 Forbidden", is[*cachecore.AuthError]},
		{"404", replies(404, "404 page not found\n"), 1, "404 Not Found", is[*cachecore.Error]},
		{"409", replies(409, ""), 1, "409 Conflict", is[*cachecore.Error]},
		{"429", replies(429, `{"error":{"message":"slow down"}}`, "Retry-After", "0"), attempts, "429 Too Many Requests: slow down", is[*cachecore.RateLimitError]},
		{"500", replies(500, `{"error":{"message":"a\n\tb\u2028c\u0085d"}}`), attempts, "500 Internal Server Error: a b c d", is[*cachecore.Error]},
		{"503", replies(503, `{"error":{"message":"`+strings.Repeat("y", 5000)+`"}}`), attempts, "503 Service Unavailable: yyy", is[*cachecore.Error]},
		{"600 is unknown", replies(600, ""), attempts, "gateway answered 600", is[*cachecore.Error]},
		{"connection reset", reset, attempts, "EOF", nil},
		{"truncated", cutShort, attempts, "read the gateway's answer: unexpected EOF", nil},
		{"500, then ok", steps(replies(500, ""), replies(200, receiptOK)), 2, "", nil},
		{"429, then ok", steps(replies(429, ""), replies(200, receiptOK)), 2, "", nil},
		{"reset, then ok", steps(reset, replies(200, receiptOK)), 2, "", nil},
		{"truncated, then ok", steps(cutShort, replies(200, receiptOK)), 2, "", nil},
		{"500, then 404", steps(replies(500, ""), replies(404, "")), 2, "404 Not Found", is[*cachecore.Error]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, tt.h)
			c := newClient(t, gateway.URL, quick(attempts))
			dep := cachecore.NewDep("doc:1")
			results := c.InvalidateMany(t.Context(), dep)
			if len(results) != 1 || results[0].Dep.ID() != "doc:1" {
				t.Fatalf("receipts %+v", results)
			}
			got := results[0]
			seen := invalidationsOf(t, gateway.requests())
			if len(seen) != tt.sends || got.Attempts != tt.sends {
				t.Errorf("%d requests, %d attempts in the receipt, want %d", len(seen), got.Attempts, tt.sends)
			}
			for _, s := range seen {
				if s != seen[0] {
					t.Errorf("attempts differ: %v", seen)
				}
			}
			if tt.err == "" {
				if got.Err != nil || got.KeysDeleted != 3 {
					t.Errorf("receipt %+v, want 3 keys deleted", got)
				}
				return
			}
			if got.Err == nil || !strings.Contains(got.Err.Error(), tt.err) || got.KeysDeleted != 0 {
				t.Fatalf("receipt %+v, want an error with %q", got, tt.err)
			}
			if text := got.Err.Error(); len(text) > 500 || strings.ContainsAny(text, "\n\u2028\u0085") {
				t.Errorf("the error is not one short line: %q", text)
			}
			var invErr *cachecore.InvalidateError
			if !errors.As(got.Err, &invErr) || invErr.Dep.ID() != "doc:1" || invErr.Attempts != tt.sends {
				t.Errorf("no InvalidateError of the dep: %#v", got.Err)
			}
			if tt.as != nil && !tt.as(got.Err) {
				t.Errorf("%v is of another type", got.Err)
			}
			if isAnswer := is[*cachecore.Error](got.Err); isAnswer != (tt.as != nil) {
				t.Errorf("an Error is in the chain of %v: %t", got.Err, isAnswer)
			}
		})
	}
}

func is[T error](err error) bool { return errors.As(err, new(T)) }

func TestInvalidate_RedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := newRecorder(t, replies(200, receiptOK))
	gateway := newRecorder(t, replies(307, "", "Location", other.URL))
	if err := newClient(t, gateway.URL).Invalidate(t.Context(), cachecore.NewDep("doc:1")); err == nil {
		t.Error("a redirect counts as success")
	}
	if n := len(other.requests()); n != 0 {
		t.Errorf("%d requests reached the redirect's target", n)
	}
}

func TestInvalidate_RateLimitErrorTellsWhen(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, replies(429, "", "Retry-After", "90"))
	err := newClient(t, gateway.URL).Invalidate(t.Context(), cachecore.NewDep("doc:1"))
	var rateErr *cachecore.RateLimitError
	if !errors.As(err, &rateErr) || rateErr.RetryAfter != 90*time.Second || !strings.Contains(err.Error(), "retry after 1m30s") {
		t.Errorf("got %v", err)
	}
	gateway.only(t) // a wait beyond the timeout is not begun
}

func TestInvalidate_HashIsNewUnlessVersioned(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, replies(200, receiptOK))
	c := newClient(t, gateway.URL)
	for range 3 {
		if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2"), cachecore.NewDep("price:1").WithHash("42")); err != nil {
			t.Fatal(err)
		}
	}
	hashes := map[string]int{}
	for _, i := range invalidationsOf(t, gateway.requests()) {
		if i.ID == "price:1" && i.Hash != "42" || i.Hash == "" || i.Hash == "v1" {
			t.Errorf("%s is invalidated with the hash %q", i.ID, i.Hash)
		}
		hashes[i.Hash]++
	}
	if len(hashes) != 7 || hashes["42"] != 3 {
		t.Errorf("hashes %v, want six random ones and 42 three times", hashes)
	}
}

func TestInvalidate_DuplicatesOnceAndWholesToo(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, replies(200, receiptOK))
	c := newClient(t, gateway.URL, cachecore.WithConcurrency(1))
	docs := cachecore.NewDep("table:docs").PartOf(cachecore.NewDep("db:all"))
	one, two := cachecore.NewDep("doc:1").PartOf(docs), cachecore.NewDep("doc:2").PartOf(docs)
	results := c.InvalidateMany(t.Context(), two, one, two, cachecore.NewDep("doc:1"))

	want := []string{"doc:2", "table:docs", "db:all", "doc:1"}
	var sent, receipts []string
	for _, i := range invalidationsOf(t, gateway.requests()) {
		sent = append(sent, i.ID)
	}
	for _, r := range results {
		receipts = append(receipts, r.Dep.ID())
	}
	if !reflect.DeepEqual(sent, want) || !reflect.DeepEqual(receipts, want) {
		t.Errorf("sent %v, receipts %v, want %v", sent, receipts, want)
	}
}

// Receipts come in the order of the deps, even if the answers do not.
func TestInvalidateMany_OrderOfReceipts(t *testing.T) {
	t.Parallel()
	const n = 8
	var all sync.WaitGroup
	all.Add(n)
	var mu sync.Mutex
	turn := sync.NewCond(&mu)
	left := n
	gateway := newRecorder(t, nil)
	gateway.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var i invalidation
		if err := json.NewDecoder(req.Body).Decode(&i); err != nil {
			t.Error(err)
		}
		var number int
		_, _ = fmt.Sscanf(i.ID, "doc:%d", &number)
		all.Done()
		all.Wait() // all are here, and the last is answered first
		mu.Lock()
		defer mu.Unlock()
		for left != number {
			turn.Wait()
		}
		left--
		turn.Broadcast()
		_, _ = fmt.Fprintf(w, `{"ok":%t,"keys_deleted":%d}`, number%3 != 0, number)
	})
	c := newClient(t, gateway.URL)
	deps := make([]cachecore.Dep, n)
	for i := range deps {
		deps[i] = cachecore.NewDep(fmt.Sprintf("doc:%d", i+1))
	}
	for i, r := range c.InvalidateMany(t.Context(), deps...) {
		failed := (i+1)%3 == 0
		if r.Dep.ID() != deps[i].ID() || (r.Err != nil) != failed || !failed && r.KeysDeleted != i+1 {
			t.Errorf("receipt %d is %+v", i, r)
		}
	}
}

func TestInvalidate_JoinsOneErrorForEachFailure(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	c := newClient(t, gateway.URL)
	cause := errors.New("no text form")
	err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1"), cachecore.InvalidDep("user", cause), cachecore.NewDep("doc:2"))
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 3 {
		t.Fatalf("got %v, want three errors", err)
	}
	if !errors.Is(err, cause) || !errors.As(err, new(*cachecore.AuthError)) {
		t.Errorf("causes are missing in %v", err)
	}
	if n := len(gateway.requests()); n != 2 {
		t.Errorf("%d requests, want 2: an invalid dep is not sent, the others are", n)
	}
}

func TestInvalidate_OfNothing(t *testing.T) {
	t.Parallel()
	c := inMemory(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("unexpected")
	})
	if err := c.Invalidate(t.Context()); err != nil {
		t.Error(err)
	}
	if r := c.InvalidateMany(t.Context(), cachecore.Dep{}); len(r) != 1 || r[0].Err == nil || r[0].Attempts != 0 {
		t.Errorf("receipts %+v", r)
	}
}

func TestInvalidate_CancelledBeforehandIsStillSent(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, replies(200, receiptOK))
	c := newClient(t, gateway.URL)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Invalidate(ctx, cachecore.NewDep("doc:1")); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := invalidationsOf(t, gateway.requests()); len(got) != 1 || got[0].ID != "doc:1" {
		t.Errorf("arrived: %v", got)
	}
}

// endless is a body without an end, except that the test bounds it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 1<<20 {
		return 0, io.EOF
	}
	e.read += len(p)
	return copy(p, strings.Repeat("x", len(p))), nil
}

func TestInvalidate_ReadsNoMoreOfAnAnswerThanItWants(t *testing.T) {
	t.Parallel()
	for _, code := range []int{200, 400} {
		body := &endless{}
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			resp := answer(req, code, "", "")
			resp.Body, resp.ContentLength = io.NopCloser(body), -1
			return resp, nil
		})
		if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1")); err == nil {
			t.Errorf("%d: no error", code)
		}
		if body.read > 64<<10+1 {
			t.Errorf("%d: %d bytes were read", code, body.read)
		}
	}
}
