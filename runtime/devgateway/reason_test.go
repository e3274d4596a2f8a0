package devgateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

// why returns the header that tells why the answer is a hit or a miss.
func (r reply) why() string { return r.header.Get("Cache-Status") }

// bodyOf returns a request that asks "hello" after the system message, with
// more members.
func bodyOf(system, more string) string {
	return `{"messages":[{"role":"system","content":"` + system + `"},{"role":"user","content":"hello"}]` + more + `}`
}

func TestCacheStatus(t *testing.T) {
	t.Parallel()
	const first = `no earlier request with this question is remembered`
	acme := tenant(t, "acme")
	reader := claims(t, devgateway.Claims{Tenant: "acme", Roles: []string{"reader"}})
	hash := deps("doc:1@7")
	plain := question("hello")
	tools := `,"tools":[{"function":{"name":"%s"}}]`
	tests := []struct {
		name string
		do   func(*fixture) reply // after the request plain of acme with doc:1@7
		want string
	}{
		{"another question", func(f *fixture) reply { return f.ask("other", acme) }, `fwd=uri-miss; stored; detail="` + first + `"`},
		{"another tenant", func(f *fixture) reply { return f.post(completions, plain, tenant(f, "other")) }, `fwd=uri-miss; stored; detail="` + first + `"`},
		{"no user message", func(f *fixture) reply { return f.post(completions, `{"messages":[]}`, acme) }, `fwd=uri-miss; stored; detail="` + first + `"`},
		{"same bytes", func(f *fixture) reply { return f.post(completions, plain, acme, hash) }, `hit; ttl=3000`},
		{"older", func(f *fixture) reply {
			f.clock.advance(90500 * time.Millisecond)
			return f.post(completions, plain, acme)
		}, `hit; ttl=2910`},
		{"stale", func(f *fixture) reply {
			f.clock.advance(3010 * time.Second)
			return f.post(completions, plain, acme)
		}, `hit; ttl=-10; detail="stale, with a refresh in the background"`},
		{"expired", func(f *fixture) reply {
			f.clock.advance(3605 * time.Second)
			return f.post(completions, plain, acme)
		}, `fwd=stale; stored; detail="expired 5s ago"`},
		{"a member more", func(f *fixture) reply {
			f.clock.advance(2 * time.Second)
			return f.post(completions, strings.Replace(plain, "{", `{"seed":7,`, 1), acme)
		}, `fwd=uri-miss; stored; detail="other bytes than 2s ago, at seed: 7, before (missing)"`},
		{"order of keys", func(f *fixture) reply {
			return f.post(completions, `{"model":"m","messages":[{"content":"hello","role":"user"}]}`, acme)
		}, `fwd=uri-miss; stored; detail="other bytes than 0s ago: keys \"model\", \"messages\", before keys \"messages\", \"model\""`},
		{"white space", func(f *fixture) reply { return f.post(completions, plain+"\n", acme) },
			`fwd=uri-miss; stored; detail="other bytes than 0s ago: at byte 60: \"\\n\", before at byte 60: end"`},
		{"value", func(f *fixture) reply {
			f.post(completions, bodyOf("Be brief.", fmt.Sprintf(tools, "a")), acme)
			return f.post(completions, bodyOf("Be brief.", fmt.Sprintf(tools, "b")), acme)
		}, `fwd=vary-miss; stored; detail="other tools than 0s ago, at tools[0].function.name: \"b\", before \"a\""`},
		{"system message", func(f *fixture) reply {
			f.post(completions, bodyOf("Be brief.", ""), acme)
			return f.post(completions, bodyOf("Be caf\u00e9.", ""), acme)
		}, `fwd=vary-miss; stored; detail="other system message than 0s ago, at messages[0].content: \"Be caf\\u00e9.\", before \"Be brief.\""`},
		{"functions", func(f *fixture) reply {
			f.post(completions, bodyOf("s", `,"functions":[1]`), acme)
			return f.post(completions, bodyOf("s", `,"functions":[2]`), acme)
		}, `fwd=vary-miss; stored; detail="other functions than 0s ago, at functions[0]: 2, before 1"`},
		{"roles", func(f *fixture) reply { return f.post(completions, plain, reader) },
			`fwd=vary-miss; stored; detail="other roles than 0s ago"`},
		{"policy and scope", func(f *fixture) reply {
			return f.post(completions, plain, claims(f, devgateway.Claims{Tenant: "acme", PolicyVersion: "2", Scope: "s"}))
		}, `fwd=vary-miss; stored; detail="other policy version, token scope than 0s ago"`},
		{"roles, then other bytes", func(f *fixture) reply {
			f.post(completions, plain, reader)
			return f.post(completions, plain+" ", acme)
		}, `fwd=uri-miss; stored; detail="other bytes than 0s ago: at byte 60: \" \", before at byte 60: end"`},
		{"another dep", func(f *fixture) reply { return f.post(completions, plain, acme, deps("doc:2")) },
			`fwd=vary-miss; stored; detail="the entry lacks dep doc:2"`},
		{"another hash", func(f *fixture) reply { return f.post(completions, plain, acme, deps("doc:1@8")) },
			`fwd=vary-miss; stored; detail="dep doc:1 has hash 7 in the entry, 8 in the request"`},
		{"hostile id", func(f *fixture) reply {
			return f.post(completions, plain, acme, deps("\"><b>\r\n\u202e\\"+strings.Repeat("x", 1000)))
		}, `fwd=vary-miss; stored; detail="the entry lacks dep \"\\\"><b>\\r\\n\\u202e\\\\` + strings.Repeat("x", 69) + `\"..."`},
		{"invalidated", func(f *fixture) reply {
			f.drop(1, `{"dep_id":"doc:1","new_hash":"8"}`, acme)
			f.clock.advance(61 * time.Second)
			return f.post(completions, plain, acme, deps("doc:1@8"))
		}, `fwd=miss; stored; detail="invalidated 1m1s ago by doc:1"`},
		{"outdated", func(f *fixture) reply {
			f.drop(1, `{"dep_id":"doc:1","new_hash":"8"}`, acme)
			return f.post(completions, plain, acme, hash)
		}, `fwd=miss; detail="invalidated 0s ago by doc:1; not kept: dep doc:1 has hash 7 in the request, 8 is current"`},
		{"outdated before", func(f *fixture) reply {
			f.drop(1, `{"dep_id":"doc:1","new_hash":"8"}`, acme)
			f.post(completions, plain, acme, hash)
			return f.post(completions, plain, acme)
		}, `fwd=miss; stored; detail="not kept 0s ago: dep doc:1 has hash 7 in the request, 8 is current"`},
		{"no token", func(f *fixture) reply { return f.post(completions, plain) }, `fwd=bypass; detail="no gateway token"`},
		{"unfit deps", func(f *fixture) reply { return f.post(completions, plain, acme, deps("doc:1", "doc:1@2")) },
			`fwd=bypass; detail="X-Cachecore-Deps: dep 1: \"doc:1\" has two hashes; declare the one that the answer is made from"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.post(completions, plain, acme, hash)
			if got := tt.do(f).why(); got != "depgen; "+tt.want {
				t.Errorf("got  %s\nwant depgen; %s", got, tt.want)
			}
		})
	}
}

// The reason has the cause if an answer is not kept, and so has the next miss.
func TestCacheStatusOfAnswersNotKept(t *testing.T) {
	t.Parallel()
	const asJSON, sse = "application/json", "text/event-stream"
	choice := "data: {\"choices\":[1]}\n\n"
	tests := []struct {
		name, contentType, body string
		code                    int
		change                  func(*http.Response)
		stream, broken          bool
		now, next               string // the reason on the answer itself, and of the next miss
	}{
		{name: "status", contentType: asJSON, body: "{}", code: 503, now: "upstream status 503"},
		{name: "error inside", contentType: asJSON, body: `{"choices":[1],"error":{}}`, now: "the answer contains an error"},
		{name: "no choices", contentType: asJSON, body: `{}`, now: "the answer has no choices"},
		{name: "long", contentType: asJSON, body: `{"choices":["` + strings.Repeat("x", 1000) + `"]}`, now: "the answer is too long"},
		{name: "encoded", contentType: asJSON, body: "zip", change: func(r *http.Response) { r.Header.Set("Content-Encoding", "gzip") }, now: "the answer is encoded"},
		{name: "large for the cache", contentType: asJSON, body: `{"choices":["` + strings.Repeat("x", 900) + `"]}`, now: "the answer is too large for the cache"},
		{name: "cut short", contentType: asJSON, body: `{"choices":[1]}`, broken: true, now: "the upstream gave no whole answer"},
		{name: "redirect", contentType: asJSON, code: 302, now: "the upstream redirected"},
		{name: "JSON for a stream", contentType: asJSON, body: `{"choices":[1]}`, stream: true, now: "no stream, which the request asked for"},
		{name: "a stream for JSON", contentType: sse, body: choice, now: "a stream, which the request did not ask for"},
		{name: "status of a stream", contentType: sse, body: choice, code: 500, stream: true, now: "upstream status 500"},
		{name: "error in a stream", contentType: sse, body: "data: {\"error\":{}}\n\ndata: [DONE]\n\n", stream: true, next: "the answer contains an error"},
		{name: "error event", contentType: sse, body: "event: error\ndata: {}\n\n", stream: true, next: "the answer contains an error"},
		{name: "no end mark", contentType: sse, body: choice, stream: true, next: "the stream ended without [DONE]"},
		{name: "long stream", contentType: sse, body: strings.Repeat(choice, 60), stream: true, next: "the answer is too long"},
		{name: "broken stream", contentType: sse, body: choice, stream: true, broken: true, next: "the answer broke off"},
		{name: "stream that is large for the cache", contentType: sse, body: strings.Repeat(choice, 40) + "data: [DONE]\n\n", stream: true, next: "the answer is too large for the cache"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithBodyLimit(1000), devgateway.WithCacheBytes(1024), devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
				if tt.code == 0 {
					tt.code = 200
				}
				resp := answer(tt.code, tt.contentType, io.MultiReader(strings.NewReader(tt.body), failing(tt.broken)))
				if tt.change != nil {
					tt.change(resp)
				}
				return resp, nil
			})))
			body := question("hello")
			if tt.stream {
				body = strings.Replace(body, "{", `{"stream":true,`, 1)
			}
			for _, want := range []string{`uri-miss; detail="no earlier request with this question is remembered`, `miss; detail="not kept 5s ago: ` + tt.now + tt.next} {
				resp, err := f.server.Client().Transport.RoundTrip(newRequest(t.Context(), f.server.URL+completions, body, tenant(t, "acme")))
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body) // it may break off
				resp.Body.Close()
				if tt.now != "" {
					want += "; not kept: " + tt.now
				}
				if got := resp.Header.Get("Cache-Status"); got != "depgen; fwd="+want+`"` {
					t.Errorf("got  %s\nwant depgen; fwd=%s", got, want+`"`)
				}
				f.clock.advance(5 * time.Second)
			}
		})
	}
}

func TestCacheStatusOfAnEviction(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithCacheBytes(700))
	acme := tenant(t, "acme")
	f.ask("one", acme)
	f.ask("two", acme)
	f.clock.advance(time.Second)
	if got := f.ask("one", acme).why(); got != `depgen; fwd=miss; stored; detail="evicted 1s ago to make room"` {
		t.Errorf("got %s", got)
	}
}

// Bodies of callers with other permissions never show, whichever of the two
// asks first.
func TestReasonsNeverShowOtherCallers(t *testing.T) {
	t.Parallel()
	f := start(t)
	boss := claims(t, devgateway.Claims{Tenant: "acme", Roles: []string{"boss"}})
	f.post(completions, bodyOf("SALARY 100", `,"user":"SALARY"`), boss)
	f.post(completions, bodyOf("SALARY 100", `,"user":"SALARY"`), tenant(t, "other"))
	for i, system := range []string{"", "x", "SALARIES"} {
		got := f.post(completions, bodyOf(system, ""), tenant(t, "acme")).why()
		if strings.Contains(got, "SALARY") {
			t.Errorf("request %d: %s", i, got)
		}
	}
}

// The log names the place of a difference, but never a part of a prompt.
func TestReasonInTheLog(t *testing.T) {
	t.Parallel()
	var log testlog.Buffer
	var seen []string
	f := start(t, devgateway.WithLogger(newTextLogger(&log)), devgateway.WithObserver(devgateway.Observer{
		Completion: func(c devgateway.Completion) { seen = append(seen, c.Reason) },
	}))
	f.post(completions, bodyOf("PROMPT one", ""), tenant(t, "acme"))
	f.post(completions, bodyOf("PROMPT two", ""), tenant(t, "acme"))
	for _, n := range []string{"1", "2"} {
		f.post(completions, bodyOf("s", `,"metadata":{"PROMPT of Mrs. X":`+n+`}`), tenant(t, "acme"))
	}
	f.server.Close()
	if text := log.String(); !strings.Contains(text, `reason="other bytes than 0s ago, at metadata"`) {
		t.Errorf("log: %s", text)
	}
	if text := log.String(); strings.Contains(text, "PROMPT") || !strings.Contains(text, `reason="other system message than 0s ago, at messages[0].content"`) {
		t.Errorf("log: %s", text)
	}
	if want := `other system message than 0s ago, at messages[0].content: "PROMPT two", before "PROMPT one"`; len(seen) != 4 || seen[1] != want {
		t.Errorf("observed %q", seen)
	}
}

// For all bodies and deps, the header is a list with one member, as RFC 9211 and
// RFC 8941 spell it.
func FuzzCacheStatus(f *testing.F) {
	form := regexp.MustCompile(`^depgen; (hit; ttl=-?\d+|fwd=[a-z-]+(; stored)?)(; detail="(?:[ !#-\[\]-~]|\\["\\])*")?$`)
	f.Add(bodyOf("a", ""), bodyOf("b", ""), "doc:1")
	f.Add(bodyOf("\u202e", ""), bodyOf("\\u0000", ""), "\x7f\"\\")
	f.Add(`{"a\"b":[1]}`, `{"a\"b":[2]}`, strings.Repeat("é", 2000))
	f.Fuzz(func(t *testing.T, one, two, id string) {
		g := newGateway(t, newClock())
		for _, body := range []string{one, two, one} {
			w := httptest.NewRecorder()
			g.ServeHTTP(w, newRequest(t.Context(), completions, body, tenant(t, "acme"), deps(id)))
			if w.Header().Get("X-Cache") == "" {
				continue // no completion request
			}
			if text := w.Header().Get("Cache-Status"); !form.MatchString(text) || len(text) > 1000 {
				t.Errorf("Cache-Status of %d bytes: %s", len(text), text)
			}
		}
	})
}

// Requests that arrive during an identical one tell about it.
func TestCacheStatusDuringACall(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, c *clock) {
		why := func(p *pending, want string) {
			t.Helper()
			synctest.Wait()
			if got := p.Header().Get("Cache-Status"); !p.returned || got != "depgen; "+want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		first, second := send(t, g, question("hello"), deps("doc:1")), send(t, g, question("hello"), deps("doc:1"))
		c.advance(2 * time.Second)
		other := send(t, g, question("hello"), deps("doc:2")) // cannot wait for a call that lacks doc:2
		(<-up.calls).json(`{"choices":[1]}`)
		why(first, `fwd=uri-miss; stored; detail="no earlier request with this question is remembered"`)
		why(second, `hit; ttl=3000; detail="waited for an identical request"`)
		(<-up.calls).json(`{"choices":[2]}`)
		why(other, `fwd=miss; stored; detail="no answer to the same request 2s ago is kept"`)

		leader, follower := send(t, g, question("bye")), send(t, g, question("bye"))
		(<-up.calls).fail()
		why(leader, `fwd=uri-miss; detail="no earlier request with this question is remembered; not kept: the upstream gave no whole answer"`)
		(<-up.calls).json(`{"choices":[3]}`)
		why(follower, `fwd=miss; stored; detail="not kept 0s ago: the upstream gave no whole answer"`)
	})
}

// A dep that changes during the call is told from one that was outdated before.
func TestCacheStatusOfADepThatMovesOn(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		first := send(t, g, question("hello"), deps("doc:1@7"))
		drop := newRequest(t.Context(), invalidate, `{"dep_id":"doc:1","new_hash":"8"}`, tenant(t, "acme"))
		g.ServeHTTP(httptest.NewRecorder(), drop)
		(<-up.calls).json(`{"choices":[1]}`)
		synctest.Wait()
		again := send(t, g, question("hello"), deps("doc:1@7"))
		(<-up.calls).json(`{"choices":[1]}`)
		synctest.Wait()
		const moved, outdated = "dep doc:1 moved on during the call", "dep doc:1 has hash 7 in the request, 8 is current"
		if got, want := first.Header().Get("Cache-Status"), "not kept: "+moved+`"`; !strings.HasSuffix(got, want) {
			t.Errorf("during the call: %s, want %s", got, want)
		}
		if got, want := again.Header().Get("Cache-Status"), "not kept 0s ago: "+moved+"; not kept: "+outdated+`"`; !strings.HasSuffix(got, want) {
			t.Errorf("before the call: %s, want %s", got, want)
		}
	})
}

// The next miss tells that the client has left its stream.
func TestCacheStatusAfterAClientLeft(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		body := strings.Replace(question("hello"), "{", `{"stream":true,`, 1)
		left := send(t, g, body)
		<-up.calls
		left.leave()
		synctest.Wait()
		next := send(t, g, body)
		(<-up.calls).json(`{"choices":[1]}`)
		synctest.Wait()
		if got, want := next.Header().Get("Cache-Status"), `depgen; fwd=miss; detail="not kept 0s ago: its client left; not kept: no stream, which the request asked for"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// A request that was a HIT_L2 knows the end of the entry that answered it.
func TestCacheStatusAfterASimilarQuestion(t *testing.T) {
	t.Parallel()
	acme := tenant(t, "acme")
	for name, tt := range map[string]struct {
		change func(f *fixture, down *atomic.Bool)
		want   string
	}{
		"invalidated":   {func(f *fixture, _ *atomic.Bool) { f.drop(1, `{"dep_id":"doc:1"}`, acme) }, `fwd=miss; stored; detail="invalidated 2s ago by doc:1"`},
		"expired":       {func(f *fixture, _ *atomic.Bool) { f.clock.advance(time.Hour) }, `fwd=stale; stored; detail="expired 2s ago"`},
		"evicted":       {func(f *fixture, _ *atomic.Bool) { f.ask("180", acme) }, `fwd=miss; stored; detail="evicted 2s ago to make room"`},
		"embedder down": {func(_ *fixture, down *atomic.Bool) { down.Store(true) }, `fwd=miss; stored; detail="no answer to the same request 2s ago is kept; not compared: embedder failed"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var down atomic.Bool
			f := start(t, devgateway.WithCacheBytes(1000), devgateway.WithSimilar(embedder(func(ctx context.Context, text string) ([]float32, error) {
				if down.Load() {
					return nil, errors.New("connection refused")
				}
				return degrees()(ctx, text)
			}), 0.9))
			f.wantCache("MISS", "", "0", acme, deps("doc:1"))
			f.wantCache("HIT_L2", "", "1", acme, deps("doc:1"))
			tt.change(f, &down)
			f.clock.advance(2 * time.Second)
			if got := f.ask("1", acme).why(); got != "depgen; "+tt.want {
				t.Errorf("got  %s\nwant depgen; %s", got, tt.want)
			}
		})
	}
}

func TestCacheStatusOfASimilarQuestion(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithSimilar(devgateway.Lexical(), 0.5))
	f.ask("What notice does the contract need?", tenant(t, "acme"))
	f.clock.advance(10 * time.Second)
	got := f.ask("What notice does the contract need, please?", tenant(t, "acme"))
	want := `depgen; hit; ttl=2990; detail="similar question, ` + got.header.Get("X-Cache-Similarity") + `"`
	if got.cache() != "HIT_L2" || got.why() != want {
		t.Errorf("%s: got %s, want %s", got.cache(), got.why(), want)
	}
}
