package cachecoretest

import (
	"context"
	"sync"
	"time"
)

// clock moves only when it is told to.
type clock struct {
	mu      sync.Mutex
	at      time.Time
	changed chan struct{} // closed when at moves
}

// newClock starts at the present, so that tokens made elsewhere are valid.
func newClock() *clock {
	return &clock{at: time.Now().Truncate(time.Second), changed: make(chan struct{})}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait waits until the clock reaches the given time. It returns false if ctx
// ends first.
func (c *clock) wait(ctx context.Context, until time.Time) bool {
	for {
		c.mu.Lock()
		at, changed := c.at, c.changed
		c.mu.Unlock()
		if !at.Before(until) {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}
