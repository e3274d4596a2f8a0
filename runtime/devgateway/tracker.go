package devgateway

import (
	"context"
	"sync"
)

// tracker counts work in progress and can wait for it. Unlike a sync.WaitGroup,
// it refuses work that begins after the wait.
type tracker struct {
	mu     sync.Mutex
	n      int
	closed bool
	idle   chan struct{} // closed when all work has ended and no more can begin
}

func newTracker() *tracker { return &tracker{idle: make(chan struct{})} }

// begin reports whether work may begin. If it returns true, the caller has to
// call end.
func (t *tracker) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.n++
	return true
}

func (t *tracker) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	if t.closed && t.n == 0 {
		close(t.idle)
	}
}

// close refuses further work and waits until the work in progress has ended.
func (t *tracker) close(ctx context.Context) error {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		if t.n == 0 {
			close(t.idle)
		}
	}
	t.mu.Unlock()

	select {
	case <-t.idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
