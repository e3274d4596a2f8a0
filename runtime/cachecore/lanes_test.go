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

func price(version string) cachecore.Dep { return cachecore.NewDep("price:1").WithHash(version) }

func hashes(seen []arrival) (all []string) {
	for _, a := range seen {
		all = append(all, a.Hash)
	}
	return all
}

// The version that was asked for last is the last that the gateway carries out.
func TestOrder_TheLastVersionAskedForStands(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		invalidate roundTripFunc
		want       []string
		firstErr   string // "" for success
	}{
		// At 0 version 42 is asked for, and at 1 s version 43.
		{"the first is waiting to try again", failing(1, 503, "Retry-After", "5"), []string{"42", "43"}, ""},
		{"both are", failing(2, 503, "Retry-After", "5"), []string{"42", "43", "43"}, ""},
		{"the first is on its way", func(req *http.Request) (*http.Response, error) {
			<-time.After(5 * time.Second)
			return answer(req, 200, "", receiptOK), nil
		}, []string{"42", "43"}, ""},
		{"the first is on its way and fails", func() roundTripFunc {
			fails := failing(1, 503, "Retry-After", "5")
			return func(req *http.Request) (*http.Response, error) {
				<-time.After(2 * time.Second)
				return fails(req)
			}
		}(), []string{"42", "43"}, ""},
		{"the first is refused", failing(1, 400), []string{"42", "43"}, "400 Bad Request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &gateway{invalidate: tt.invalidate}
				c := g.client(t)
				first := make(chan error, 1)
				go func() { first <- c.Invalidate(t.Context(), price("42")) }()
				<-time.After(time.Second)
				if err := c.Invalidate(t.Context(), price("43")); err != nil {
					t.Error(err)
				}
				if err := <-first; (err == nil) != (tt.firstErr == "") || err != nil && !strings.Contains(err.Error(), tt.firstErr) {
					t.Errorf("the first: %v, want an error with %q", err, tt.firstErr)
				}
				if got := hashes(g.arrivals("price:1")); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("versions sent: %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// Versions that are asked for while one is on its way share one request.
func TestOrder_LaterVersionsShareARequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: func(req *http.Request) (*http.Response, error) {
			<-time.After(time.Second)
			return answer(req, 200, "", receiptOK), nil
		}}
		c := g.client(t)
		errs := make(chan error, 10)
		for i := range 10 {
			go func() { errs <- c.Invalidate(t.Context(), price(string(rune('0'+i)))) }()
			synctest.Wait()
		}
		for range 10 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if got, want := hashes(g.arrivals("")), []string{"0", "9"}; !reflect.DeepEqual(got, want) {
			t.Errorf("versions sent: %v, want %v", got, want)
		}
	})
}

// Invalidations of one dep do not queue for a gateway that stalls.
func TestOrder_FailsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: stalled}
		c := g.client(t)
		begin := time.Now()
		errs := make(chan error, 20)
		for i := range 20 {
			go func() { errs <- c.Invalidate(t.Context(), price(string(rune('a'+i)))) }()
		}
		for range 20 {
			if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
		if took := time.Since(begin); took > 40*time.Second {
			t.Errorf("took %v, want about the timeout of 30s", took)
		}
	})
}

// They do not queue for a base transport that ignores contexts, either.
func TestOrder_WaitIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := stuckUntil(release)
		c := g.client(t)
		stuck := make(chan error, 1)
		go func() { stuck <- c.Invalidate(t.Context(), price("1")) }()
		synctest.Wait()
		begin := time.Now()
		if err := c.Invalidate(t.Context(), price("2")); err == nil || time.Since(begin) != 30*time.Second {
			t.Errorf("%v after %v, want an error after 30s", err, time.Since(begin))
		}
		close(release)
		if err := <-stuck; err != nil {
			t.Error(err)
		}
	})
}

// A retry whose time is over before it gets a slot is not sent, and the error
// is that of the last request.
func TestSlots_RetryThatComesTooLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			seen := g.arrivals("")
			if seen[len(seen)-1].ID == "doc:slow" {
				<-time.After(5 * time.Second)
				return answer(req, 200, "", receiptOK), nil
			}
			return answer(req, 503, "", ""), nil
		}
		c := g.client(t, cachecore.WithConcurrency(1), cachecore.WithTimeout(4*time.Second), cachecore.WithRetry(cachecore.RetryPolicy{BaseDelay: 2 * time.Second, AttemptTimeout: time.Hour}))
		slow := make(chan error, 1)
		time.AfterFunc(time.Millisecond, func() { slow <- c.Invalidate(t.Context(), cachecore.NewDep("doc:slow")) })
		r := c.InvalidateMany(t.Context(), cachecore.NewDep("doc:1"))[0]
		if r.Err == nil || !strings.Contains(r.Err.Error(), "503") || r.Attempts != 1 || len(g.arrivals("doc:1")) != 1 {
			t.Errorf("%v after %d attempts, %d requests", r.Err, r.Attempts, len(g.arrivals("doc:1")))
		}
		if err := <-slow; err != nil && !strings.Contains(err.Error(), "deadline exceeded") {
			t.Errorf("the slow one: %v", err)
		}
	})
}

// An older version that is asked for after a later one was carried out is sent:
// the program knows its data.
func TestOrder_IsThatOfTheCalls(t *testing.T) {
	t.Parallel()
	g := &gateway{}
	c := g.client(t)
	for _, version := range []string{"43", "42"} {
		if err := c.Invalidate(t.Context(), price(version)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := hashes(g.arrivals("")), []string{"43", "42"}; !reflect.DeepEqual(got, want) {
		t.Errorf("versions sent: %v, want %v", got, want)
	}
}

// Invalidations that wait to try again leave their slots to others.
func TestSlots_AreNotHeldWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			seen := g.arrivals("")
			if seen[len(seen)-1].ID == "doc:ok" {
				return answer(req, 200, "", receiptOK), nil
			}
			return failing(1, 503, "Retry-After", "20")(req)
		}
		c := g.client(t, cachecore.WithConcurrency(4))
		failed := make(chan error, 1)
		go func() { failed <- c.Invalidate(t.Context(), numbered("doc", 4)...) }()
		synctest.Wait()
		begin := time.Now()
		if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:ok")); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("an invalidation waited %v while none was being sent", took)
		}
		if err := <-failed; err == nil {
			t.Error("the others succeeded")
		}
	})
}

// Nor do they keep the other deps of their own call from being sent.
func TestSlots_OtherDepsOfTheCallAreSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			seen := g.arrivals("")
			if seen[len(seen)-1].ID == "doc:ok" {
				return answer(req, 200, "", receiptOK), nil
			}
			return answer(req, 503, "", ""), nil
		}
		c := g.client(t, cachecore.WithConcurrency(4))
		c.InvalidateMany(t.Context(), append(numbered("doc", 4), cachecore.NewDep("doc:ok"))...)
		if got := times(g.arrivals("doc:ok")); !reflect.DeepEqual(got, seconds(0)) {
			t.Errorf("sent at %v, want at once", got)
		}
	})
}

// Repetitions that wait to try again do not delay others.
func TestSlots_RepetitionsThatWaitDelayNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: answersAfter10s}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			seen := g.arrivals("")
			if last := seen[len(seen)-1]; last.at < 5*time.Second || last.ID == "doc:ok" {
				return answer(req, 200, "", receiptOK), nil
			}
			return answer(req, 503, "", ""), nil
		}
		c := g.client(t, cachecore.WithConcurrency(4))
		deps := append(numbered("doc", 4), cachecore.NewDep("doc:ok"))
		ask(cachecore.WithDeps(t.Context(), deps...), c, readAll)
		<-time.After(time.Second)
		invalidate(t, c, deps...)
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := times(g.arrivals("doc:ok")); !reflect.DeepEqual(got, seconds(1, 10)) {
			t.Errorf("sent at %v, want at 1s and 10s", got)
		}
	})
}

// A base transport may ignore the context of its requests.
func TestClose_HeedsItsContextWhateverTheBaseDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := stuckUntil(release)
		c := g.client(t)
		result := make(chan error, 1)
		go func() { result <- c.Invalidate(t.Context(), cachecore.NewDep("doc:1")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("Close returned %v after %v", err, time.Since(begin))
		}
		if err := <-result; !errors.Is(err, cachecore.ErrClosed) {
			t.Errorf("Invalidate returned %v, want ErrClosed", err)
		}
		close(release)
	})
}

// A repetition that Close has given up is neither sent nor waited for by a
// later Close.
func TestClose_GivesUpForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: forever}
		c := g.client(t, cachecore.WithFillWindow(20*time.Second))
		ask(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), c, readNothing)
		synctest.Wait()
		invalidate(t, c, cachecore.NewDep("doc:1"))
		patient := make(chan error, 1)
		go func() { patient <- c.Close(context.Background()) }()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close returned %v", err)
		}
		begin := time.Now()
		for name, again := range map[string]error{"a later Close": c.Close(context.Background()), "another Close": <-patient} {
			if !errors.Is(again, err) {
				t.Errorf("%s returned %v", name, again)
			}
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("they took %v", took)
		}
		<-time.After(time.Hour)
		if n := len(g.arrivals("")); n != 1 {
			t.Errorf("%d invalidations were sent, want 1", n)
		}
	})
}

// The wait for a slot does not count against the time of a dep that has not
// been sent.
func TestOrder_WaitForASlotIsNotCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{invalidate: func(req *http.Request) (*http.Response, error) {
			<-time.After(100 * time.Millisecond)
			return answer(req, 200, "", receiptOK), nil
		}}
		c := g.client(t, cachecore.WithConcurrency(1), cachecore.WithTimeout(time.Second))
		errs := make(chan error, 20)
		for i := range 20 {
			go func() {
				errs <- c.Invalidate(t.Context(), cachecore.NewDep("price:"+string(rune('a'+i))).WithHash("7"))
			}()
		}
		for range 20 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

// An invalidation that was given up is not sent when a slot becomes free.
func TestClose_NothingIsSentAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := stuckUntil(release)
		c := g.client(t, cachecore.WithConcurrency(2))
		go func() { _ = c.Invalidate(t.Context(), numbered("doc", 100)...) }() // it is given up
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close returned %v", err)
		}
		close(release)
		synctest.Wait()
		if n := len(g.arrivals("")); n != 2 {
			t.Errorf("%d requests were sent, want 2", n)
		}
	})
}

// A repetition that comes due while others wait to try again is sent.
func TestSlots_LaterRepetitionIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gateway{complete: scenario(
			responds(time.Second, 200, "MISS", io.NopCloser(strings.NewReader("{}"))),
			responds(2*time.Second, 200, "MISS", io.NopCloser(strings.NewReader("{}"))),
		)}
		g.invalidate = func(req *http.Request) (*http.Response, error) {
			seen := g.arrivals("")
			if last := seen[len(seen)-1]; last.at == time.Second && last.ID == "doc:1" {
				return answerWith(req, 503, "Retry-After", "20"), nil
			}
			return answer(req, 200, "", receiptOK), nil
		}
		c := g.client(t, cachecore.WithConcurrency(1))
		for _, id := range []string{"doc:1", "doc:2"} {
			ask(cachecore.WithDeps(t.Context(), cachecore.NewDep(id)), c, readAll)
			synctest.Wait()
		}
		invalidate(t, c, cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2"))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := times(g.arrivals("doc:2")); !reflect.DeepEqual(got, seconds(0, 2)) {
			t.Errorf("sent at %v, want at 0s and 2s", got)
		}
	})
}

func answerWith(req *http.Request, code int, name, value string) *http.Response {
	resp := answer(req, code, "", "")
	resp.Header.Set(name, value)
	return resp
}
