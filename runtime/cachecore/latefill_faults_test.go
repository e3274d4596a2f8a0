package cachecore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/depgen/depgen/runtime/cachecore"
)

// forever is an answer whose body has more to come and is never closed.
func forever(req *http.Request) (*http.Response, error) {
	return responds(0, 200, "MISS", &slowBody{1 << 30, io.EOF})(req)
}

func readNothing(*http.Response) {}

// scenario answers each LLM request with the next of its answers.
func scenario(answers ...roundTripFunc) roundTripFunc {
	next := make(chan roundTripFunc, len(answers))
	for _, a := range answers {
		next <- a
	}
	return func(req *http.Request) (*http.Response, error) { return (<-next)(req) }
}

// Requests for doc:1 begin at 0; the second ends at 10 s. doc:1 is invalidated
// at 1 s.
func TestLateFill_EachRequestIsWaitedForByItself(t *testing.T) {
	t.Parallel()
	const window = 20 * time.Second
	tests := []struct {
		name  string
		first roundTripFunc
		use   func(*http.Response)
		want  []time.Duration
	}{
		// Two windows later, at the latest, it is repeated for a request that
		// never ends.
		{"beside a body that is never closed", forever, readNothing, seconds(1, 10, 41)},
		{"beside a request that the base never answers", func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, readNothing, seconds(1, 10, 41)},
		{"beside one that hung up", forever, closeEarly, seconds(1, 10, 21)},
		{"beside a panic of the base", func(*http.Request) (*http.Response, error) {
			panic("base")
		}, readNothing, seconds(1, 10, 20)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{complete: scenario(tt.first, answersAfter10s)}
				c := g.client(t, cachecore.WithFillWindow(window))
				ctx, cancel := context.WithCancel(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
				defer cancel()
				askAndRecover(ctx, c, tt.use)
				synctest.Wait()
				ask(ctx, c, readAll)
				<-time.After(time.Second)
				invalidate(t, c, cachecore.NewDep("doc:1"))
				if err := c.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				if got := times(g.arrivals("")); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("invalidated at %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// askAndRecover is ask for a base that may panic, as net/http's server
// recovers.
func askAndRecover(ctx context.Context, c *cachecore.Client, use func(*http.Response)) {
	go func() {
		defer func() { _ = recover() }()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/v1/chat/completions", nil)
		if resp, err := c.Transport().RoundTrip(req); err == nil {
			use(resp)
		}
	}()
}

// A body that has been open for long is not waited for each time.
func TestLateFill_LeakedBodyIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: scenario(forever, answersAfter10s)}
		c := g.client(t, cachecore.WithFillWindow(20*time.Second))
		ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
		ask(ctx, c, readNothing)
		synctest.Wait()
		invalidate(t, c, cachecore.NewDep("doc:1"))
		<-time.After(100 * time.Second)
		invalidate(t, c, cachecore.NewDep("doc:1"))
		<-time.After(100 * time.Second)
		ask(ctx, c, readAll)
		synctest.Wait()
		invalidate(t, c, cachecore.NewDep("doc:1"))
		<-time.After(100 * time.Second)
		if got, want := times(g.arrivals("")), seconds(0, 40, 100, 200, 210, 240); !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

// A request that ends after Close no longer waited for it does no harm.
func TestLateFill_RequestThatEndsAfterClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: responds(time.Hour, 200, "MISS", io.NopCloser(strings.NewReader("{}")))}
		c := g.client(t)
		done := ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll)
		<-time.After(time.Second)
		invalidate(t, c, cachecore.NewDep("doc:1"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		<-done
		synctest.Wait()
		if got, want := times(g.arrivals("")), seconds(1, 241); !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

// A long answer is waited for beyond the time that Close waits.
func TestLateFill_LongRequestIsRepeatedAtItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: responds(time.Hour, 200, "MISS", io.NopCloser(strings.NewReader("{}")))}
		c := g.client(t)
		done := ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll)
		<-time.After(time.Second)
		invalidate(t, c, cachecore.NewDep("doc:1"))
		<-done
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), seconds(1, 241, 3600); !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

// The gateway adds cc:policy-version to all answers that it keeps.
func TestLateFill_PolicyVersionIsOnEveryRequest(t *testing.T) {
	t.Parallel()
	for name, deps := range map[string][]cachecore.Dep{"tagged": {cachecore.NewDep("doc:1")}, "untagged": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{complete: answersAfter10s}
				c := g.client(t)
				ask(cachecore.WithDeps(t.Context(), deps...), c, readAll)
				<-time.After(time.Second)
				invalidate(t, c, cachecore.NewDep("cc:policy-version"))
				if err := c.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				if got, want := times(g.arrivals("")), seconds(1, 10); !reflect.DeepEqual(got, want) {
					t.Errorf("invalidated at %v, want %v", got, want)
				}
			})
		})
	}
}

// A request that is sent while the invalidation is being retried may have read
// the old data.
func TestLateFill_CountsRequestsWhenItIsCarriedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: answersAfter10s, invalidate: failing(1, 503, "Retry-After", "2")}
		c := g.client(t)
		time.AfterFunc(time.Second, func() { ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll) })
		invalidate(t, c, cachecore.NewDep("doc:1"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), seconds(0, 2, 11); !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

// A request that ends while the invalidation is under way may fill the cache
// after it.
func TestLateFill_RequestThatEndsBeforeTheReceipt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{
			complete: responds(2*time.Second, 200, "MISS", io.NopCloser(strings.NewReader("{}"))),
			invalidate: scenario(responds(4*time.Second, 200, "", io.NopCloser(strings.NewReader(receiptOK))), func(req *http.Request) (*http.Response, error) {
				return answer(req, 200, "", receiptOK), nil
			}),
		}
		c := g.client(t)
		ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readAll)
		<-time.After(time.Second)
		invalidate(t, c, cachecore.NewDep("doc:1"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := times(g.arrivals("")), seconds(1, 5); !reflect.DeepEqual(got, want) {
			t.Errorf("invalidated at %v, want %v", got, want)
		}
	})
}

// Clients of one gateway and token in one process know each other's requests.
func TestLateFill_ClientsOfATenantShareWhatIsInFlight(t *testing.T) {
	t.Parallel()
	const url = "http://gateway.test"
	tests := []struct {
		name       string
		url, token string
		want       []time.Duration
	}{
		{"same gateway and token", url + ":80", "token of this test", seconds(1, 10)},
		{"the token in its other form", url, "token of this test, prefixed", seconds(1, 10)},
		{"another token", url, "another token", seconds(1)},
		{"another gateway", "http://other.test", "token of this test", seconds(1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				token := strings.ReplaceAll(tt.name+" token of this test", " ", "-")
				second := strings.ReplaceAll(tt.name+" "+tt.token, " ", "-")
				if bare, ok := strings.CutSuffix(second, ",-prefixed"); ok {
					second = "cc_live_k1." + bare
				}
				reader, err := cachecore.New(url, token, cachecore.WithBaseTransport(roundTripFunc(answersAfter10s)))
				if err != nil {
					t.Fatal(err)
				}
				var sent []time.Duration
				begin := time.Now()
				writer, err := cachecore.New(tt.url, second, cachecore.WithBaseTransport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
					sent = append(sent, time.Since(begin))
					return answer(req, 200, "", receiptOK), nil
				})))
				if err != nil {
					t.Fatal(err)
				}
				ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), reader, readAll)
				<-time.After(time.Second)
				invalidate(t, writer, cachecore.NewDep("doc:1"))
				if err := errors.Join(writer.Close(context.Background()), reader.Close(context.Background())); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Minute)
				if !reflect.DeepEqual(sent, tt.want) {
					t.Errorf("invalidated at %v, want %v", sent, tt.want)
				}
			})
		})
	}
}

// An answer that is not read to its end does not stay for the fill window.
func TestLateFill_HungUpRequestKeepsItsDepsAlone(t *testing.T) {
	t.Parallel()
	var inner weak.Pointer[slowBody]
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		b := &slowBody{lines: 1 << 30}
		inner = weak.Make(b)
		resp := answer(req, 200, "MISS", "")
		resp.Body, resp.ContentLength = b, -1
		return resp, nil
	}, cachecore.WithFillWindow(time.Hour))
	<-ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, func(resp *http.Response) { _ = resp.Body.Close() })
	for range 100 {
		if runtime.GC(); inner.Value() == nil {
			return
		}
		runtime.Gosched()
	}
	t.Error("the answer is still in memory")
}

// Many repetitions for a gateway that is down cost no more than the timeout:
// those that wait to try again hold no slots.
func TestLateFill_RepetitionsGiveUpInParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 300
		g := &gateway{complete: answersAfter10s}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			if seen := g.arrivals(""); seen[len(seen)-1].at < 5*time.Second {
				return answer(req, 200, "", receiptOK), nil
			}
			return nil, errors.New("connection refused")
		}
		c := g.client(t, cachecore.WithConcurrency(4))
		deps := numbered("doc", n)
		begin := time.Now()
		for _, d := range deps {
			ask(cachecore.WithDeps(t.Context(), d), c, readAll)
		}
		synctest.Wait()
		invalidate(t, c, deps...)
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took > 40*time.Second {
			t.Errorf("took %v, want at most the timeout of 30s after 10s", took)
		}
		for _, d := range deps {
			if sent := len(g.arrivals(d.ID())); sent < 5 {
				t.Errorf("%s is sent %d times, want retries of its own", d, sent)
			}
		}
	})
}

// A repetition that fails once is tried again, even while those of other deps
// have used up their time.
func TestLateFill_RepetitionsGiveUpAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endsAfter := func(d time.Duration) roundTripFunc {
			return responds(d, 200, "MISS", io.NopCloser(strings.NewReader("{}")))
		}
		once := failing(1, 503)
		// The third comes due when the first has given up and the second
		// waits to try again.
		g := &gateway{complete: scenario(endsAfter(10*time.Second), endsAfter(30*time.Second), endsAfter(45*time.Second))}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			seen := g.arrivals("")
			switch last := seen[len(seen)-1]; {
			case last.at < 5*time.Second:
				return answer(req, 200, "", receiptOK), nil
			case last.ID == "doc:00001":
				return answerWith(req, 503, "Retry-After", "25"), nil
			case last.ID == "doc:00002":
				return once(req)
			}
			return answer(req, 503, "", ""), nil
		}
		c := g.client(t)
		deps := numbered("doc", 3)
		for _, d := range deps {
			ask(cachecore.WithDeps(t.Context(), d), c, readAll)
			synctest.Wait()
		}
		invalidate(t, c, deps...)
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := times(g.arrivals("doc:00002")); len(got) != 3 || got[1] != 45*time.Second || got[2] > 46*time.Second {
			t.Errorf("the third is sent at %v, want at 0s, at 45s and soon again", got)
		}
	})
}
