package devgateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// These tests run in a bubble. synctest.Wait returns when every request is
// blocked, so that the order of requests does not depend on time.

// held is an upstream whose calls block until the test answers them.
type held struct {
	calls chan *heldCall
}

type heldCall struct {
	request *http.Request
	answer  chan func() (*http.Response, error)
}

func newHeld() *held { return &held{make(chan *heldCall, 100)} }

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	c := &heldCall{r, make(chan func() (*http.Response, error), 1)}
	h.calls <- c
	select {
	case f := <-c.answer:
		return f()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (c *heldCall) json(body string) {
	c.answer <- func() (*http.Response, error) { return answer(200, "application/json", strings.NewReader(body)), nil }
}

func (c *heldCall) fail() {
	c.answer <- func() (*http.Response, error) { return nil, errors.New("no network") }
}

// pending is a request that may have no answer yet.
type pending struct {
	*httptest.ResponseRecorder
	leave    context.CancelFunc
	returned bool // read after synctest.Wait
}

func (p *pending) String() string {
	if !p.returned {
		return waiting
	}
	return fmt.Sprintf("%d %s %s", p.Code, p.Header().Get("X-Cache"), p.Body)
}

func send(t *testing.T, g http.Handler, body string, headers ...header) *pending {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	p := &pending{ResponseRecorder: httptest.NewRecorder(), leave: leave}
	r := newRequest(ctx, completions, body, append([]header{tenant(t, "acme")}, headers...)...)
	go func() {
		g.ServeHTTP(p, r)
		p.returned = true
	}()
	synctest.Wait()
	return p
}

// want waits until all goroutines are blocked, and then compares.
func (p *pending) want(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := p.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// waiting is the string form of a request that has no answer yet.
const waiting = "waiting"

// inBubble runs f with a gateway and an upstream whose calls block.
func inBubble(t *testing.T, f func(t *testing.T, g *devgateway.Gateway, up *held, c *clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		up, c := newHeld(), newClock()
		f(t, newGateway(t, c, devgateway.WithUpstream(up)), up, c)
		if len(up.calls) > 0 {
			t.Errorf("%d calls of the upstream too many", len(up.calls))
		}
	})
}

func TestIdenticalMissesShareOneCall(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		var all []*pending
		for range 10 {
			all = append(all, send(t, g, question("hello"), deps("doc:1")))
		}
		other := send(t, g, question("bye"), deps("doc:1"))
		fewer := send(t, g, question("hello"))
		(<-up.calls).json(`{"choices":[1]}`)
		all[0].want(t, `200 MISS {"choices":[1]}`)
		for _, p := range append(all[1:], fewer) {
			p.want(t, `200 HIT_L1 {"choices":[1]}`)
		}
		other.want(t, waiting)
		(<-up.calls).json(`{"choices":[2]}`)
		other.want(t, `200 MISS {"choices":[2]}`)
	})
}

func TestMissWithFurtherDepsDoesNotShare(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		first := send(t, g, question("hello"), deps("doc:1"))
		more := send(t, g, question("hello"), deps("doc:1", "doc:2"))
		version := send(t, g, question("hello"), deps("doc:1@7"))
		for i, p := range []*pending{first, more, version} {
			(<-up.calls).json(fmt.Sprintf(`{"choices":[%d]}`, i))
			p.want(t, fmt.Sprintf(`200 MISS {"choices":[%d]}`, i))
		}
	})
}

func TestFollowersOfAFailureGoOn(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		first := send(t, g, question("hello"))
		second := send(t, g, question("hello"))
		third := send(t, g, question("hello"))
		(<-up.calls).fail()
		synctest.Wait()
		if first.Code != 502 {
			t.Errorf("first: %v", first)
		}
		// The two do not wait for each other. Otherwise a slowly failing
		// upstream would fail them one by one.
		(<-up.calls).json(`{"choices":[1]}`)
		(<-up.calls).json(`{"choices":[1]}`)
		second.want(t, `200 MISS {"choices":[1]}`)
		third.want(t, `200 MISS {"choices":[1]}`)
	})
}

func TestFollowerLeaves(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		leader := send(t, g, question("hello"))
		follower := send(t, g, question("hello"))
		follower.leave()
		follower.want(t, "200  ") // it has returned without an answer
		(<-up.calls).json(`{"choices":[1]}`)
		leader.want(t, `200 MISS {"choices":[1]}`)
	})
}

func TestLeaderLeaves(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		leader := send(t, g, question("hello"))
		follower := send(t, g, question("hello"))
		leader.leave()
		follower.want(t, waiting)
		(<-up.calls).json(`{"choices":[1]}`)
		follower.want(t, `200 HIT_L1 {"choices":[1]}`)
		send(t, g, question("hello")).want(t, `200 HIT_L1 {"choices":[1]}`)
	})
}

func TestLeaderOfAStreamLeaves(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		leader := send(t, g, streamBody)
		follower := send(t, g, streamBody)
		cut := <-up.calls
		leader.leave()
		leader.want(t, "200 MISS ")
		if cut.request.Context().Err() == nil {
			t.Error("the call goes on although nobody reads the stream")
		}
		(<-up.calls).answer <- func() (*http.Response, error) { return answer(200, sse, strings.NewReader(done)), nil }
		follower.want(t, "200 MISS "+done)
	})
}

func TestMissAfterAnInvalidationStartsAnew(t *testing.T) {
	t.Parallel()
	for _, dep := range []string{"doc:1", "cc:policy-version"} {
		t.Run(dep, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
				before := send(t, g, question("hello"), deps("doc:1"))
				follower := send(t, g, question("hello"), deps("doc:1"))
				drop := httptest.NewRecorder()
				g.ServeHTTP(drop, newRequest(t.Context(), invalidate, `{"dep_id":"`+dep+`"}`, tenant(t, "acme")))
				if drop.Code != 200 {
					t.Fatalf("invalidate: %d %s", drop.Code, drop.Body)
				}
				after := send(t, g, question("hello"), deps("doc:1"))
				late, fresh := <-up.calls, <-up.calls

				fresh.json(`{"choices":["fresh"]}`)
				after.want(t, `200 MISS {"choices":["fresh"]}`)
				before.want(t, waiting)
				follower.want(t, waiting)
				late.json(`{"choices":["late"]}`)
				before.want(t, `200 MISS {"choices":["late"]}`)
				follower.want(t, `200 HIT_L1 {"choices":["late"]}`)
				// As documented, the gateway keeps the late fill of a dep
				// without a version.
				send(t, g, question("hello"), deps("doc:1")).want(t, `200 HIT_L1 {"choices":["late"]}`)
			})
		})
	}
}

// A replaced flight that ends does not remove the flight that replaced it.
func TestLateFlightEndsFirst(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		before := send(t, g, question("hello"), deps("doc:1@7"))
		g.ServeHTTP(httptest.NewRecorder(), newRequest(t.Context(), invalidate, `{"dep_id":"doc:1","new_hash":"7"}`, tenant(t, "acme")))
		after := send(t, g, question("hello"), deps("doc:1@7", "doc:2"))
		late, fresh := <-up.calls, <-up.calls
		late.json(`{"choices":["late"]}`)
		before.want(t, `200 MISS {"choices":["late"]}`)
		follower := send(t, g, question("hello"), deps("doc:1@7", "doc:2"))
		fresh.json(`{"choices":["fresh"]}`)
		after.want(t, `200 MISS {"choices":["fresh"]}`)
		follower.want(t, `200 HIT_L1 {"choices":["fresh"]}`)
	})
}

// slowClient reads its answer only after it is released.
type slowClient struct {
	*httptest.ResponseRecorder
	release chan struct{}
}

func (s slowClient) Write(p []byte) (int, error) {
	<-s.release
	return s.ResponseRecorder.Write(p)
}

func TestFollowersDoNotWaitForTheLeadersClient(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, contentType, answer string }{
		{"JSON", question("hello"), "application/json", `{"choices":[1]}`},
		{"stream", streamBody, sse, done},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
				slow := slowClient{httptest.NewRecorder(), make(chan struct{})}
				r := newRequest(t.Context(), completions, tt.body, tenant(t, "acme"))
				var leader sync.WaitGroup
				leader.Go(func() { g.ServeHTTP(slow, r) })
				synctest.Wait()
				follower := send(t, g, tt.body)
				(<-up.calls).answer <- func() (*http.Response, error) { return answer(200, tt.contentType, strings.NewReader(tt.answer)), nil }
				follower.want(t, "200 HIT_L1 "+tt.answer)
				close(slow.release)
				leader.Wait()
				if slow.Body.String() != tt.answer {
					t.Errorf("the leader got %q", slow.Body)
				}
			})
		})
	}
}

// This test runs outside a bubble, so that requests can meet at any moment.
func TestOneCallPerQuestion(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	next := counting()
	g := newGateway(t, newClock(), devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		return next(r)
	})))
	const questions, clients = 200, 8
	acme := tenant(t, "acme")
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for i := range questions {
				g.ServeHTTP(httptest.NewRecorder(), newRequest(t.Context(), completions, question(fmt.Sprint(i)), acme))
			}
		})
	}
	all.Wait()
	if n := calls.Load(); n != questions {
		t.Errorf("%d calls of the upstream for %d questions", n, questions)
	}
}

func TestInvalidationOfOthersLeavesFlightsAlone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		leader := send(t, g, question("hello"), deps("doc:1"))
		for _, r := range []*http.Request{
			newRequest(t.Context(), invalidate, `{"dep_id":"doc:2"}`, tenant(t, "acme")),
			newRequest(t.Context(), invalidate, `{"dep_id":"doc:1"}`, tenant(t, "other")),
			newRequest(t.Context(), invalidate, `{"dep_id":"cc:policy-version"}`, tenant(t, "other")),
		} {
			g.ServeHTTP(httptest.NewRecorder(), r)
		}
		follower := send(t, g, question("hello"), deps("doc:1"))
		(<-up.calls).json(`{"choices":[1]}`)
		leader.want(t, `200 MISS {"choices":[1]}`)
		follower.want(t, `200 HIT_L1 {"choices":[1]}`)
	})
}

// fill puts {"choices":[0]} into the cache and advances the clock until it is
// stale.
func fill(t *testing.T, g *devgateway.Gateway, up *held, c *clock) {
	t.Helper()
	first := send(t, g, question("hello"), deps("doc:1"))
	(<-up.calls).json(`{"choices":[0]}`)
	first.want(t, `200 MISS {"choices":[0]}`)
	c.advance(devgateway.DefaultFreshTTL)
}

func TestStaleEntryIsRefreshedOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, c *clock) {
		fill(t, g, up, c)
		for range 5 {
			send(t, g, question("hello")).want(t, `200 HIT_L1_STALE {"choices":[0]}`)
		}
		(<-up.calls).json(`{"choices":[1]}`)
		synctest.Wait()
		send(t, g, question("hello"), deps("doc:1")).want(t, `200 HIT_L1 {"choices":[1]}`)
	})
}

func TestFailedRefreshLeavesTheStaleEntry(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, c *clock) {
		fill(t, g, up, c)
		for _, respond := range []func(*heldCall){
			(*heldCall).fail,
			func(c *heldCall) { c.json(`{"error":{}}`) },
			func(c *heldCall) { c.json(`{"n":`) },
			func(c *heldCall) { c.json(`{}`) },
			func(c *heldCall) { c.answer <- func() (*http.Response, error) { return nil, nil } },
			func(c *heldCall) {
				c.answer <- func() (*http.Response, error) { return &http.Response{StatusCode: http.StatusOK}, nil }
			},
		} {
			send(t, g, question("hello")).want(t, `200 HIT_L1_STALE {"choices":[0]}`)
			respond(<-up.calls)
			synctest.Wait()
		}
		c.advance(devgateway.DefaultStaleWindow - time.Second)
		send(t, g, question("hello")).want(t, `200 HIT_L1_STALE {"choices":[0]}`)
		(<-up.calls).json(`{"choices":[1]}`)
	})
}

func TestRefreshOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, c *clock) {
		fill(t, g, up, c)
		stale := send(t, g, question("hello"))
		stale.leave()
		(<-up.calls).json(`{"choices":[1]}`)
		synctest.Wait()
		send(t, g, question("hello")).want(t, `200 HIT_L1 {"choices":[1]}`)
	})
}

func TestRefreshOfAStream(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, c *clock) {
		fetched := func(body string) {
			(<-up.calls).answer <- func() (*http.Response, error) { return answer(200, sse, strings.NewReader(body)), nil }
			synctest.Wait()
		}
		first := send(t, g, streamBody)
		fetched(done)
		first.want(t, "200 MISS "+done)
		c.advance(devgateway.DefaultFreshTTL)
		send(t, g, streamBody).want(t, "200 HIT_L1_STALE "+done)
		fetched("data: cut short\n\n")
		send(t, g, streamBody).want(t, "200 HIT_L1_STALE "+done)
		fetched("data: 2\n\n" + done)
		send(t, g, streamBody).want(t, "200 HIT_L1 data: 2\n\n"+done)
	})
}

func TestCloseWaits(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, c *clock) {
		fill(t, g, up, c)
		send(t, g, question("hello")).want(t, `200 HIT_L1_STALE {"choices":[0]}`)
		refresh := <-up.calls
		detached := send(t, g, question("bye"))
		detached.leave()
		var closed sync.WaitGroup
		isClosed := false
		closed.Go(func() {
			if err := g.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
			isClosed = true
		})
		synctest.Wait()
		send(t, g, question("hello")).want(t, `503  {"error":{"code":"closing","message":"the gateway is shutting down; start it again","param":null,"type":"api_error"}}`)
		refresh.json(`{"choices":[1]}`)
		synctest.Wait()
		if isClosed {
			t.Error("Close did not wait for the answer whose client has left")
		}
		(<-up.calls).json(`{"choices":[2]}`)
		closed.Wait()
		detached.want(t, "200 MISS ")
	})
}

func TestCloseGivesUp(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, g *devgateway.Gateway, up *held, _ *clock) {
		p := send(t, g, question("hello"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Close: %v", err)
		}
		synctest.Wait()
		if p.Code != 502 || (<-up.calls).request.Context().Err() == nil {
			t.Errorf("the call was not cancelled: %v", p)
		}
	})
}
