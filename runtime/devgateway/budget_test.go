package devgateway

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10)
		var mu sync.Mutex
		var got []string
		var all sync.WaitGroup
		take := func(ctx context.Context, name string, n int64) {
			all.Go(func() {
				err := b.take(ctx, n)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					name += " in vain"
				}
				got = append(got, name)
			})
			synctest.Wait()
		}
		want := func(left int64, names ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			for i, name := range names {
				if len(got) != len(names) || got[i] != name {
					t.Fatalf("got %q, want %q", got, names)
				}
			}
			if b.left != left {
				t.Fatalf("%d bytes are left, want %d", b.left, left)
			}
		}
		impatient, leave := context.WithCancel(t.Context())
		take(t.Context(), "a", 6)
		take(impatient, "b", 7)
		take(t.Context(), "c", 5)
		take(t.Context(), "d", 1)
		want(4, "a")
		if b.tryTake(1) {
			t.Error("somebody got past those who wait")
		}
		leave() // those behind it stop waiting for it; of them, c does not fit
		want(4, "a", "b in vain")
		b.giveBack(1)
		want(0, "a", "b in vain", "c")
		b.giveBack(5)
		want(4, "a", "b in vain", "c", "d")
		if !b.tryTake(4) || b.tryTake(1) {
			t.Error("what is left is not handed out, or more than that")
		}
		b.giveBack(10)
		want(10, "a", "b in vain", "c", "d")
		all.Wait()
	})
}

// Bytes granted at the moment when the waiter leaves go to the next waiter.
func TestBudgetLosesNothing(t *testing.T) {
	t.Parallel()
	for range 100 {
		b := newBudget(1)
		if err := b.take(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			switch err := b.take(ctx, 1); {
			case err == nil:
				b.giveBack(1)
			case !errors.Is(err, context.Canceled):
				t.Error(err)
			}
		})
		all.Go(leave)
		all.Go(func() { b.giveBack(1) })
		all.Wait()
		if b.left != 1 || len(b.waiting) != 0 {
			t.Fatalf("%d bytes are left, %d wait", b.left, len(b.waiting))
		}
	}
}
