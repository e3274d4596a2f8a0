package cachecore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// slowBody gives one line a second, and then err.
type slowBody struct {
	lines int
	err   error
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.lines == 0 {
		return 0, b.err
	}
	<-time.After(time.Second)
	b.lines--
	return copy(p, "data: x\n"), nil
}

func (b *slowBody) Close() error { return nil }

// pieces gives one of its strings a second.
type pieces []string

func (b *pieces) Read(p []byte) (int, error) {
	<-time.After(time.Second)
	n := copy(p, (*b)[0])
	*b = (*b)[1:]
	return n, nil
}

func (b *pieces) Close() error { return nil }

// responds answers after the given time.
func responds(after time.Duration, code int, status string, body io.ReadCloser) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		select {
		case <-time.After(after):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		resp := answer(req, code, status, "")
		resp.Body, resp.ContentLength = body, -1
		return resp, nil
	}
}

// shouldRetry adds the header that asks OpenAI's SDKs to try again.
func shouldRetry(next roundTripFunc) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if err == nil {
			resp.Header.Set("X-Should-Retry", "true")
		}
		return resp, err
	}
}

// Functions that use the answer as the code under test may.
func readAll(resp *http.Response) { _, _ = io.Copy(io.Discard, resp.Body); _ = resp.Body.Close() }

func readPieces(resp *http.Response) {
	for range 3 {
		_, _ = resp.Body.Read(make([]byte, 512))
	}
	_ = resp.Body.Close()
}

func closeEarly(resp *http.Response) {
	_, _ = resp.Body.Read(make([]byte, 8))
	_ = resp.Body.Close()
}

// An LLM request for doc:1 begins at 0, and doc:1 is invalidated at 1 s.
func TestLateFill_InvalidatesAgainAfterRequestsInFlight(t *testing.T) {
	t.Parallel()
	const (
		first  = time.Second
		window = 2 * time.Minute
	)
	text := func(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }
	tests := []struct {
		name     string
		complete roundTripFunc
		use      func(*http.Response)
		hangUp   time.Duration // when the caller's context ends, if it does
		want     []time.Duration
	}{
		{"miss read to its end", responds(5*time.Second, 200, "MISS", text("{}")), readAll, 0, []time.Duration{first, 5 * time.Second}},
		{"stream read to its end", responds(0, 200, "MISS", &slowBody{9, io.EOF}), readAll, 0, []time.Duration{first, 9 * time.Second}},
		{"no status", responds(5*time.Second, 200, "", text("{}")), readAll, 0, []time.Duration{first, 5 * time.Second}},
		{"no body", responds(5*time.Second, 200, "MISS", http.NoBody), func(*http.Response) {}, 0, []time.Duration{first, 5 * time.Second}},
		{"ended long before", responds(400*time.Millisecond, 200, "MISS", text("{}")), readAll, 0, []time.Duration{first}},
		{"stream closed at its end mark", responds(0, 200, "MISS", &pieces{"data: {}\n\nda", "ta: [DO", "NE]"}), readPieces, 0, []time.Duration{first, 3 * time.Second}},
		{"stream with the mark in an answer", responds(0, 200, "MISS", &pieces{"data: {\"a\":\"data: [DONE]\"", `\ndata: [DONE]`, "}\n\n"}), readPieces, 0, []time.Duration{first, 3*time.Second + window}},
		{"body closed early", responds(0, 200, "MISS", &slowBody{9, io.EOF}), closeEarly, 0, []time.Duration{first, time.Second + window}},
		{"connection broke in the body", responds(0, 200, "MISS", &slowBody{3, io.ErrUnexpectedEOF}), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"caller hung up", responds(10*time.Second, 200, "MISS", text("{}")), readAll, 2 * time.Second, []time.Duration{first, 2*time.Second + window}},
		{"connection broke", func(*http.Request) (*http.Response, error) {
			<-time.After(3 * time.Second)
			return nil, errors.New("connection reset")
		}, readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"stale hit", responds(0, 200, "HIT_L1_STALE", text("{}")), readAll, 0, []time.Duration{first, window}},
		{"500, which SDKs try again", responds(3*time.Second, 500, "", text("no")), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"429, which SDKs try again", responds(3*time.Second, 429, "MISS", text("no")), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"408, which SDKs try again", responds(3*time.Second, 408, "", text("no")), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"409, which SDKs try again", responds(3*time.Second, 409, "", text("no")), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"401, which SDKs answer with a new credential", responds(3*time.Second, 401, "", text("no")), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"400 that asks to be sent again", shouldRetry(responds(3*time.Second, 400, "", text("no"))), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"redirect", responds(3*time.Second, 307, "", text("")), readAll, 0, []time.Duration{first, 3*time.Second + window}},
		{"400", responds(3*time.Second, 400, "", text("no")), readAll, 0, []time.Duration{first}},
		{"L1 hit", responds(3*time.Second, 200, "HIT_L1", text("{}")), readAll, 0, []time.Duration{first}},
		{"L2 hit", responds(3*time.Second, 200, "HIT_L2", text("{}")), readAll, 0, []time.Duration{first}},
		{"bypassed", responds(3*time.Second, 200, "BYPASS", text("{}")), readAll, 0, []time.Duration{first}},
		{"L1 hit before", responds(0, 200, "HIT_L1", &slowBody{9, io.EOF}), readAll, 0, []time.Duration{first}},
		{"L2 hit before", responds(0, 200, "HIT_L2", &slowBody{9, io.EOF}), readAll, 0, []time.Duration{first}},
		{"bypassed before", responds(0, 200, "BYPASS", &slowBody{9, io.EOF}), readAll, 0, []time.Duration{first}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{complete: tt.complete}
				c := g.client(t)
				ctx, hangUp := context.WithCancel(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
				if tt.hangUp > 0 {
					time.AfterFunc(tt.hangUp, hangUp)
				}
				defer hangUp()
				done := ask(ctx, c, tt.use)
				<-time.After(first)
				invalidate(t, c, cachecore.NewDep("doc:1"))
				<-done
				if err := c.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				seen := g.arrivals("")
				if got := times(seen); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("invalidated at %v, want %v", got, tt.want)
				}
				if len(seen) == 2 && seen[0].Hash == seen[1].Hash {
					t.Error("the repetition has the hash of the first pass")
				}
			})
		})
	}
}

// ask sends an LLM request in the background, without a redirect, and uses its
// answer.
func ask(ctx context.Context, c *cachecore.Client, use func(*http.Response)) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/v1/chat/completions", nil)
		if resp, err := c.Transport().RoundTrip(req); err == nil {
			use(resp)
		}
	}()
	return done
}

func invalidate(t testing.TB, c *cachecore.Client, deps ...cachecore.Dep) {
	t.Helper()
	if err := c.Invalidate(t.Context(), deps...); err != nil {
		t.Error(err)
	}
}

func times(seen []arrival) []time.Duration {
	var out []time.Duration
	for _, a := range seen {
		out = append(out, a.at)
	}
	return out
}

// An SDK that decodes JSON stops at its last brace and sees no end of the body.
func TestLateFill_KnownLengthNeedsNoEOF(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: func(req *http.Request) (*http.Response, error) { return answer(req, 200, "MISS", "{}"), nil }}
		c := g.client(t)
		<-ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, func(resp *http.Response) {
			_, _ = io.ReadFull(resp.Body, make([]byte, 2))
			_ = resp.Body.Close()
		})
		invalidate(t, c, cachecore.NewDep("doc:1"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), []time.Duration{0}; !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

// A request of 10 s begins at 0, and something is invalidated at 1 s.
func TestLateFill_RepeatsWhatTheRequestCarries(t *testing.T) {
	t.Parallel()
	docs, team := cachecore.NewDep("table:docs"), cachecore.NewDep("team:1")
	doc := cachecore.NewDep("doc:1")
	tests := []struct {
		name        string
		asked       []cachecore.Dep
		invalidated cachecore.Dep
		want        string // the ids that arrive, in order
	}{
		{"the dep", []cachecore.Dep{doc}, doc, "doc:1 doc:1"},
		{"another", []cachecore.Dep{cachecore.NewDep("doc:2")}, doc, "doc:1"},
		{"nothing", nil, doc, "doc:1"},
		{"a group", []cachecore.Dep{doc.GroupedBy(team)}, team, "team:1 team:1"},
		{"only the whole", []cachecore.Dep{docs}, doc.PartOf(docs), "doc:1 table:docs table:docs"},
		{"coarsened to the whole", numbered("doc", 500, docs), doc.PartOf(docs), "doc:1 table:docs table:docs"},
		{"a version, which closes it", []cachecore.Dep{doc.WithHash("1")}, doc.WithHash("2"), "doc:1"},
		{"a version's whole", []cachecore.Dep{docs}, doc.WithHash("2").PartOf(docs), "doc:1 table:docs table:docs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{complete: responds(10*time.Second, 200, "MISS", io.NopCloser(strings.NewReader("{}")))}
				c := g.client(t, cachecore.WithConcurrency(1))
				done := ask(cachecore.WithDeps(t.Context(), tt.asked...), c, readAll)
				<-time.After(time.Second)
				invalidate(t, c, tt.invalidated)
				<-done
				if err := c.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, a := range g.arrivals("") {
					got = append(got, a.ID)
				}
				if strings.Join(got, " ") != tt.want {
					t.Errorf("arrived: %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// answersAfter10s answers each request with a body of its own.
func answersAfter10s(req *http.Request) (*http.Response, error) {
	return responds(10*time.Second, 200, "MISS", io.NopCloser(strings.NewReader("{}")))(req)
}

func TestLateFill_LaterRequestsAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: answersAfter10s}
		c := g.client(t)
		ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
		first := ask(ctx, c, readAll)
		<-time.After(time.Second)
		invalidate(t, c, cachecore.NewDep("doc:1"))
		<-time.After(time.Second)
		second := ask(ctx, c, readAll)
		<-first
		<-second
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), []time.Duration{time.Second, 10 * time.Second}; !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

// Many invalidations of one dep share its repetitions, one after each request.
func TestLateFill_RepetitionsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: answersAfter10s}
		c := g.client(t)
		ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
		var all []chan struct{}
		for range 5 { // requests at 0 to 4 s, each followed by an invalidation
			all = append(all, ask(ctx, c, readAll))
			<-time.After(time.Second)
			invalidate(t, c, cachecore.NewDep("doc:1"))
		}
		for _, done := range all {
			<-done
		}
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), seconds(1, 2, 3, 4, 5, 10, 11, 12, 13, 14); !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

func seconds(all ...int) (out []time.Duration) {
	for _, n := range all {
		out = append(out, time.Duration(n)*time.Second)
	}
	return out
}

// A repetition that takes long serves all requests that end before the next.
func TestLateFill_RepetitionsDoNotPileUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: answersAfter10s}
		c := g.client(t)
		ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
		for range 100 {
			ask(ctx, c, readAll)
			<-time.After(10 * time.Millisecond)
		}
		invalidate(t, c, cachecore.NewDep("doc:1"))
		g.invalidate = responds(10*time.Second, 200, "", io.NopCloser(strings.NewReader(receiptOK)))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), seconds(1, 10, 20); !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

func TestLateFill_FillWindowIsConfigurable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: responds(0, 200, "HIT_L1_STALE", io.NopCloser(strings.NewReader("{}")))}
		c := g.client(t, cachecore.WithFillWindow(20*time.Second))
		<-ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll)
		invalidate(t, c, cachecore.NewDep("doc:1"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), []time.Duration{0, 20 * time.Second}; !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

func TestSecondPass_RepeatsEachInvalidationOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{}
		c := g.client(t, cachecore.WithSecondPass(time.Minute))
		doc := cachecore.NewDep("doc:1").PartOf(cachecore.NewDep("table:docs"))
		invalidate(t, c, doc, cachecore.NewDep("price:1").WithHash("2"))
		<-time.After(10 * time.Second)
		// An older version that came again would undo this one.
		invalidate(t, c, cachecore.NewDep("price:1").WithHash("3"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string][]time.Duration{
			"doc:1":      {0, time.Minute},
			"table:docs": {0, time.Minute},
			"price:1":    {0, 10 * time.Second},
		} {
			if got := times(g.arrivals(id)); !reflect.DeepEqual(got, want) {
				t.Errorf("%s invalidated at %v, want %v", id, got, want)
			}
		}
	})
}

func TestLateFill_FailureIsLogged(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]cachecore.Option{
		"after requests in flight": cachecore.WithFillWindow(time.Minute),
		"in the second pass":       cachecore.WithSecondPass(time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				g := &gateway{complete: responds(0, 200, "HIT_L1_STALE", io.NopCloser(strings.NewReader("{}")))}
				g.invalidate = func(req *http.Request) (*http.Response, error) {
					if n++; n == 1 {
						return answer(req, 200, "", receiptOK), nil
					}
					return answer(req, 403, "", testToken), nil
				}
				logs := &logBuffer{}
				c := g.client(t, opt, logs.option())
				ctx := t.Context()
				if strings.Contains(name, "flight") {
					ctx = cachecore.WithDeps(ctx, cachecore.NewDep("doc:1"))
				}
				<-ask(ctx, c, readAll)
				invalidate(t, c, cachecore.NewDep("doc:1"))
				if err := c.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				if log := logs.String(); !strings.Contains(log, name) || !strings.Contains(log, "403 Forbidden") || strings.Contains(log, testJWT) {
					t.Errorf("log:\n%s", log)
				}
			})
		})
	}
}
