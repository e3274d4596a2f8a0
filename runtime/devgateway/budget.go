package devgateway

import (
	"context"
	"slices"
	"sync"
)

// maxBodies bounds the bodies of all requests under way together, in bytes, but
// for those that need no share. One body may always be as long as the limit for
// one.
const maxBodies = 64 << 20

// budget hands out bytes, first come, first served.
type budget struct {
	mu      sync.Mutex
	left    int64
	waiting []*want
}

type want struct {
	n       int64
	granted chan struct{} // closed when the bytes are the waiter's
}

func newBudget(n int64) *budget { return &budget{left: n} }

// tryTake takes n bytes if so many are left and no other caller waits.
func (b *budget) tryTake(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 || b.left < n {
		return false
	}
	b.left -= n
	return true
}

// tryTakeLong is tryTake for a body, which needs no share if it is short.
func (b *budget) tryTakeLong(n int64) bool { return n < freeBody || b.tryTake(n) }

// giveBackLong gives back what tryTakeLong has taken.
func (b *budget) giveBackLong(n int64) {
	if n >= freeBody {
		b.giveBack(n)
	}
}

// take waits for n bytes, which have to be given back, until ctx is done.
func (b *budget) take(ctx context.Context, n int64) error {
	if b.tryTake(n) {
		return nil
	}
	w := &want{n, make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	b.grant() // some may have been given back in between
	b.mu.Unlock()
	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.granted: // at the same moment
		b.left += n
	default:
		b.waiting = slices.DeleteFunc(b.waiting, func(other *want) bool { return other == w })
	}
	b.grant()
	return ctx.Err()
}

func (b *budget) giveBack(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
	b.grant()
}

// grant serves those who have waited longest. It is called with the lock held.
func (b *budget) grant() {
	for len(b.waiting) > 0 && b.waiting[0].n <= b.left {
		b.left -= b.waiting[0].n
		close(b.waiting[0].granted)
		b.waiting = b.waiting[1:]
	}
}
