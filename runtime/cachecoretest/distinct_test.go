package cachecoretest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

// record sends a request with the body through a recorder.
func (r *Recorder) send(t *testing.T, path, body string, deps ...cachecore.Dep) {
	t.Helper()
	ctx := cachecore.WithDeps(t.Context(), deps...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://llm.test"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	ask(t, r.HTTPClient(), req)
}

const chatPath = "/v1/chat/completions"

func TestRecorder_RequireDistinct(t *testing.T) {
	t.Parallel()
	const (
		first  = `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"What notice does contract-1 need?"}]}`
		system = `{"role":"system","content":"s"}`
	)
	second := strings.Replace(first, "-1", "-2", 1)
	with := func(old, text string) string {
		if !strings.Contains(second, old) {
			t.Fatalf("no %s in %s", old, second)
		}
		return strings.Replace(second, old, text, 1)
	}
	for name, tt := range map[string]struct {
		path, body string
		deps       []cachecore.Dep
		fails      bool
	}{
		"a similar question":     {chatPath, second, []cachecore.Dep{doc(2)}, true},
		"about the same data":    {chatPath, second, []cachecore.Dep{doc(1)}, true},
		"below another path":     {"/api" + chatPath, second, []cachecore.Dep{doc(2)}, true},
		"other parameters":       {chatPath, with(`"model":"m"`, `"model":"m","temperature":1`), nil, true},
		"another system message": {chatPath, with(`"content":"s"`, `"content":"t"`), nil, false},
		"a scope at its end":     {chatPath, with(`"content":"s"`, `"content":"s\n[cache scope ayrgpqwqehj8jrq1]"`), nil, false},
		"a developer message":    {chatPath, with(system, system+`,{"role":"developer","content":"d"}`), nil, false},
		"tools":                  {chatPath, with(`"model":"m"`, `"model":"m","tools":[{"type":"function"}]`), nil, false},
		"functions":              {chatPath, with(`"model":"m"`, `"model":"m","functions":[{}]`), nil, false},
		"another model":          {chatPath, with(`"model":"m"`, `"model":"n"`), nil, false},
		"a stream":               {chatPath, with(`"model":"m"`, `"model":"m","stream":true`), nil, false},
		"another question":       {chatPath, with("What notice does contract-2 need?", "Which law governs it?"), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			rec := newRecorder(tb, nil)
			rec.send(t, chatPath, first, doc(1), cachecore.NewDep("table:docs"))
			rec.send(t, tt.path, tt.body, tt.deps...)
			rec.RequireDistinct(devgateway.Lexical(), 0.92)
			if !tt.fails {
				requireFailures(t, tb.finish())
				return
			}
			requireFailures(t, tb.finish(), "cachecoretest: a gateway could answer a request with the answer to another (pairs: 1); "+
				"end the system message with cachecore.Scope(ctx), or with cachecore.Scope(ctx, question) if the deps are the same (docs/similar.md):\n"+
				"\trequests 1 and 2, similarity 1.00: \"What notice does contract-1 need?\" (doc:1, table:docs) and \"What notice does contract-")
		})
	}
}

// Requests with the same question look alike, so the message shows their
// difference, and how to divide them.
func TestRecorder_RequireDistinctOfTheSameQuestion(t *testing.T) {
	t.Parallel()
	const body = `{"model":"m","temperature":0,"messages":[{"role":"system","content":"s"},{"role":"user","content":"What notice?"}]}`
	for name, tt := range map[string]struct{ body, want string }{
		"a parameter":   {strings.Replace(body, ":0", ":1", 1), "temperature: 0 | 1"},
		"one parameter": {strings.Replace(body, `"temperature":0,`, "", 1), "temperature: 0 | (missing)"},
		"white space":   {body + " ", "at byte 115: end | at byte 115: \" \""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			rec := newRecorder(tb, nil)
			rec.send(t, chatPath, body, doc(1))
			rec.send(t, chatPath, tt.body, doc(1))
			rec.RequireDistinct(devgateway.Lexical(), 0.92)
			requireFailures(t, tb.finish(), "cachecoretest: a gateway could answer a request with the answer to another (pairs: 1); end the system message with cachecore.Scope(ctx), "+
				"or with cachecore.Scope(ctx, question) if the deps are the same, and add the parameters that differ if the question is the same too (docs/similar.md):\n"+
				"\trequests 1 and 2, similarity 1.00: \"What notice?\" (doc:1) and \"What notice?\" (doc:1), which differ: "+tt.want)
		})
	}
}

// The recorder fails for the pairs that the local gateway answers by similarity.
func TestRecorder_RequireDistinctAgreesWithTheGateway(t *testing.T) {
	t.Parallel()
	hits := 0
	for _, threshold := range []float64{0.1, 0.3, 0.6, 0.92, 1} {
		questions := []string{"What notice does contract-1 need?", "What notice does contract-2 need, by law?", "Which law governs contract-1?"}
		for i, a := range questions {
			for _, b := range questions[i+1:] {
				tb := &fakeT{}
				rec := newRecorder(tb, nil)
				g := NewGateway(t, lexical(threshold), AllowCrossing())
				status := ""
				for n, text := range []string{a, b} {
					ask(t, rec.HTTPClient(), question(t, "http://llm.test", text, false, doc(n)))
					_, h, _ := ask(t, g.Client().HTTPClient(), question(t, g.URL(), text, false, doc(n)))
					status = h.Get("X-Cache")
				}
				rec.RequireDistinct(devgateway.Lexical(), threshold)
				failed := len(tb.finish()) > 0
				if failed != (status == "HIT_L2") {
					t.Errorf("%v: %q and %q: failed is %v, and the gateway answers %s", threshold, a, b, failed, status)
				}
				if failed {
					hits++
				}
			}
		}
	}
	if hits < 3 || hits > 12 {
		t.Errorf("%d of 15 pairs are similar, which compares too little", hits)
	}
}

// Requests that a gateway does not answer by similarity are not compared.
func TestRecorder_RequireDistinctComparesCacheableQuestions(t *testing.T) {
	t.Parallel()
	const similar = `{"model":"m","messages":[{"role":"user","content":"What notice does contract-%d need?"}]}`
	for name, body := range map[string]string{
		"no user text": `{"model":"m","messages":[{"role":"assistant","content":"What notice does contract-2 need?"}]}`,
		"no request":   `["What notice does contract-2 need?"]`,
	} {
		tb := &fakeT{}
		rec := newRecorder(tb, nil)
		rec.send(t, chatPath, fmt.Sprintf(similar, 1))
		rec.send(t, chatPath, body)
		rec.send(t, "/v1/embeddings", fmt.Sprintf(similar, 2))
		ask(t, rec.HTTPClient(), question(t, "http://llm.test", fmt.Sprintf(notice, 3), false).WithContext(cachecore.WithBypass(t.Context())))
		rec.send(t, chatPath, `{"model":"other","messages":[{"role":"user","content":"hello"}]}`)
		rec.send(t, chatPath, `{"model":"other","messages":[{"role":"user","content":"hello"}]}`)
		rec.RequireDistinct(devgateway.Lexical(), 0.92)
		if got := tb.finish(); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The threshold 1 is reached by the same words, although the sums are not exact.
func TestRecorder_RequireDistinctReachesOne(t *testing.T) {
	t.Parallel()
	words := strings.Fields("What notice does this contract need if the buyer ends it before the first year is over")
	for n := range words {
		tb := &fakeT{}
		rec := newRecorder(tb, nil)
		for i := range 2 {
			text := fmt.Sprint(i, " ", strings.Join(words[:n+1], " "))
			ask(t, rec.HTTPClient(), question(t, "http://llm.test", text, false))
		}
		rec.RequireDistinct(devgateway.Lexical(), 1)
		requireFailures(t, tb.finish(), "cachecoretest: a gateway could answer a request with the answer to another (pairs: 1)")
	}
}

func TestRecorder_RequireDistinctListsUpToALimit(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	rec := newRecorder(tb, nil)
	for n := range 6 {
		ask(t, rec.HTTPClient(), question(t, "http://llm.test", fmt.Sprintf(notice, n), false, doc(n)))
	}
	rec.RequireDistinct(devgateway.Lexical(), 0.92)
	got := tb.finish()
	requireFailures(t, got, "cachecoretest: a gateway could answer a request with the answer to another (pairs: 15); ")
	if lines := strings.Split(got[0], "\n"); len(lines) != 12 || lines[11] != "\tand 5 more" {
		t.Errorf("got %s", got[0])
	}
}

func TestRecorder_RequireDistinctRefuses(t *testing.T) {
	t.Parallel()
	fixed := func(v ...float32) embedFunc {
		return func(context.Context, string) ([]float32, error) { return v, nil }
	}
	for name, tt := range map[string]struct {
		e         devgateway.Embedder
		threshold float64
		requests  int
		want      string
	}{
		"no embedder":   {nil, 0.92, 2, "RequireDistinct: no embedder; give it one, for example devgateway.Lexical()"},
		"no threshold":  {devgateway.Lexical(), 0, 2, "RequireDistinct: the threshold 0 is not above 0 and at most 1; the hosted gateway's is 0.92"},
		"above 1":       {devgateway.Lexical(), 1.5, 2, "RequireDistinct: the threshold 1.5 is not above 0"},
		"not a number":  {devgateway.Lexical(), math.NaN(), 2, "RequireDistinct: the threshold NaN is not above 0"},
		"nothing":       {devgateway.Lexical(), 0.92, 0, "RequireDistinct proves nothing: of 0 recorded requests, 0 are different questions that a gateway caches; send two or more"},
		"one, repeated": {devgateway.Lexical(), 0.92, -3, "RequireDistinct proves nothing: of 3 recorded requests, 1 are different questions that a gateway caches; send two or more"},
		"the server fails": {embedFunc(func(context.Context, string) ([]float32, error) { return nil, errors.New("connection refused") }), 0.92, 2,
			"RequireDistinct: embed the user messages of request 1: connection refused"},
		"empty":    {fixed(), 0.92, 2, "RequireDistinct: embed the user messages of request 1: the embedding is empty"},
		"infinite": {fixed(float32(math.Inf(1))), 0.92, 2, "RequireDistinct: embed the user messages of request 1: the embedding has a number that is NaN or infinite"},
		"other sizes": {
			embedFunc(func(_ context.Context, text string) ([]float32, error) {
				if strings.Contains(text, "-1") {
					return []float32{1, 0}, nil
				}
				return []float32{1}, nil
			}), 0.92, 2, "RequireDistinct: the embedding of request 2 has 2 numbers, and the first had 1; use one model",
		},
	} {
		tb := &fakeT{}
		rec := newRecorder(tb, nil)
		for n := range max(tt.requests, -tt.requests) {
			if tt.requests < 0 {
				n = 0
			}
			ask(t, rec.HTTPClient(), question(t, "http://llm.test", fmt.Sprintf(notice, n), false))
		}
		rec.RequireDistinct(tt.e, tt.threshold)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFailures(t, tb.finish(), "cachecoretest: "+tt.want)
		})
	}
}

type embedFunc func(context.Context, string) ([]float32, error)

func (e embedFunc) Embed(ctx context.Context, text string) ([]float32, error) { return e(ctx, text) }
