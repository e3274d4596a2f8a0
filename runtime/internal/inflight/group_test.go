package inflight_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/internal/inflight"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// closing is a call of Close in progress.
type closing struct {
	err  error
	done chan struct{}
}

func startClose(ctx context.Context, g *inflight.Group) *closing {
	c := &closing{done: make(chan struct{})}
	go func() {
		c.err = g.Close(ctx)
		close(c.done)
	}()
	synctest.Wait()
	return c
}

func (c *closing) ended() bool {
	synctest.Wait()
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func TestCloseOfAnIdleGroup(t *testing.T) {
	t.Parallel()
	var g inflight.Group
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // select would choose between two ready cases at random
		if err := g.Close(done); err != nil {
			t.Fatalf("Close of an idle group: %v", err)
		}
	}
	if g.Begin(1) {
		t.Error("Begin counted work of a closed group")
	}
	if g.Retain() {
		t.Error("Retain counted work of a closed, idle group")
	}
}

func TestCloseWaitsForAllWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g inflight.Group
		if !g.Begin(2) || !g.Begin(1) || !g.Retain() {
			t.Fatal("an open group refused work")
		}
		first, second := startClose(t.Context(), &g), startClose(t.Context(), &g)
		for left := 4; left > 0; left-- {
			if first.ended() || second.ended() {
				t.Fatalf("Close returned with %d pieces of work left", left)
			}
			if g.Begin(1) {
				t.Fatal("Begin counted work of a closed group")
			}
			g.Done()
		}
		if !first.ended() || !second.ended() || first.err != nil || second.err != nil {
			t.Errorf("after all work has ended, Close returned %v and %v", first.err, second.err)
		}
	})
}

// Work that is counted already may start more of it while the group closes.
func TestWorkContinuesAfterClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g inflight.Group
		g.Begin(1)
		closing := startClose(t.Context(), &g)
		if !g.Retain() {
			t.Fatal("Retain refused to continue counted work")
		}
		g.Done() // the work that has begun before Close
		release := make(chan struct{})
		g.Go(func() { <-release })
		g.Done() // the retained work
		if closing.ended() {
			t.Fatal("Close did not wait for the goroutine")
		}
		close(release)
		if !closing.ended() || closing.err != nil {
			t.Fatalf("Close returned %v", closing.err)
		}
		if g.Retain() {
			t.Error("Retain counted work of a closed, idle group")
		}
	})
}

func TestCloseGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g inflight.Group
		g.Begin(1)
		cause := errors.New("out of patience")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, cause)
		defer cancel()
		if err := g.Close(ctx); !errors.Is(err, cause) {
			t.Errorf("Close returned %v, want %v", err, cause)
		}
		if g.Begin(1) {
			t.Error("Begin counted work after a Close that gave up")
		}
		again := startClose(t.Context(), &g)
		if again.ended() {
			t.Error("the second Close did not wait")
		}
		g.Done()
		if !again.ended() || again.err != nil {
			t.Errorf("the second Close returned %v", again.err)
		}
	})
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for name, misuse := range map[string]func(*inflight.Group){
		"Done without Begin": func(g *inflight.Group) { g.Done() },
		"Go after the end": func(g *inflight.Group) {
			if err := g.Close(context.Background()); err != nil {
				t.Error(err)
			}
			g.Go(func() { t.Error("f was called") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			misuse(new(inflight.Group))
		})
	}
}

// All work that a group has accepted ends before Close returns.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	for range 100 {
		var g inflight.Group
		var working atomic.Int64
		var callers sync.WaitGroup
		work := func() { working.Add(-1) }
		for range 4 {
			callers.Go(func() {
				working.Add(2)
				if !g.Begin(1) {
					working.Add(-2)
					return
				}
				g.Go(work)
				work()
				g.Done()
			})
		}
		callers.Go(func() {
			if err := g.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		callers.Wait()
		if n := working.Load(); n != 0 {
			t.Fatalf("%d pieces of accepted work were not done when Close returned", n)
		}
	}
}
