// Package inflight counts work in progress, so that a Close method can wait for
// it.
package inflight

import (
	"context"
	"sync"
)

// Group counts work in progress and can wait for it. Unlike a sync.WaitGroup,
// it refuses work that begins after the wait. The zero Group is ready for use.
// It is safe for concurrent use.
type Group struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // made by Close; closed when all work has ended
}

// Begin counts n pieces of work and returns true, unless the group is closed.
// The caller then calls Done once for each piece.
func (g *Group) Begin(n int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle != nil {
		return false
	}
	g.n += n
	return true
}

// Retain counts one piece of work that continues counted work. It returns false
// only if the group is closed and all work has ended.
func (g *Group) Retain() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle != nil && g.n == 0 {
		return false
	}
	g.n++
	return true
}

// Go runs f in a counted goroutine, even if the group is closed. Only counted
// work may call Go.
func (g *Group) Go(f func()) {
	if !g.Retain() {
		panic("inflight: Go after all work has ended; call it from counted work only")
	}
	go func() {
		defer g.Done()
		f()
	}()
}

// Done ends one piece of work.
func (g *Group) Done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n--
	switch {
	case g.n < 0:
		panic("inflight: Done without Begin; call it once for each piece of work")
	case g.n == 0 && g.idle != nil:
		close(g.idle)
	}
}

// Close makes Begin refuse further work and waits until all counted work has
// ended. If ctx is done first, Close returns its cause. Close can be called
// again.
func (g *Group) Close(ctx context.Context) error {
	idle := g.close()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-idle: // at the same moment
		return nil
	default:
		return context.Cause(ctx)
	}
}

func (g *Group) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.idle == nil {
		g.idle = make(chan struct{})
		if g.n == 0 {
			close(g.idle)
		}
	}
	return g.idle
}
