package devgateway

import (
	"context"
	"slices"
	"sync"
)

// maxBodies limits the total size in bytes of all request bodies in progress.
// Bodies that need no share are not counted. A single body may always be as
// long as the limit for one body.
const maxBodies = 64 << 20

// budget hands out bytes in the order of the requests.
type budget struct {
	mu      sync.Mutex
	left    int64
	waiting []*want
}

type want struct {
	n       int64
	granted chan struct{} // closed when the waiter has been granted its bytes
}

func newBudget(n int64) *budget { return &budget{left: n} }

// tryTake takes n bytes if that many are left and no other caller waits.
func (b *budget) tryTake(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 || b.left < n {
		return false
	}
	b.left -= n
	return true
}

// tryTakeLong is like tryTake, but a short body needs no share.
func (b *budget) tryTakeLong(n int64) bool { return n < freeBody || b.tryTake(n) }

// giveBackLong returns the bytes that tryTakeLong has taken.
func (b *budget) giveBackLong(n int64) {
	if n >= freeBody {
		b.giveBack(n)
	}
}

// take waits until n bytes are free or ctx is done. The caller has to give the
// bytes back.
func (b *budget) take(ctx context.Context, n int64) error {
	if b.tryTake(n) {
		return nil
	}
	w := &want{n, make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	b.grant() // another caller may have given some back in between
	b.mu.Unlock()
	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.granted: // the bytes were granted at the same moment
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

// grant serves the longest-waiting callers. The caller holds the lock.
func (b *budget) grant() {
	for len(b.waiting) > 0 && b.waiting[0].n <= b.left {
		b.left -= b.waiting[0].n
		close(b.waiting[0].granted)
		b.waiting = b.waiting[1:]
	}
}
