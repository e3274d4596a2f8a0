package cachecore

import (
	"context"
	"sync"
	"time"
)

// order keeps the gateway at the version of each dep that was asked for last,
// however its invalidations are retried. It sends one version of a dep at a
// time.
type order struct {
	mu    sync.Mutex
	lanes map[string]*lane // by dep, those that have turns
}

// lane is shared by the invalidations of one versioned dep.
type lane struct {
	busy  chan struct{} // holds an element while one is being sent
	turns int           // that are not released

	asked, sent uint64 // the latest turns asked for and sent
	hash        string // of the latest that was asked for

	attempts uint64 // that have begun
	err      error  // of the latest
}

// turn is the place of one invalidation in its lane.
type turn struct {
	lane *lane
	n    uint64
}

// take adds the dep's version to its lane and returns its turn.
func (o *order) take(d Dep) *turn {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.lanes[d.id]
	if l == nil {
		l = &lane{busy: make(chan struct{}, 1)}
		if o.lanes == nil {
			o.lanes = map[string]*lane{}
		}
		o.lanes[d.id] = l
	}
	l.turns++
	l.asked++
	l.hash = d.hash
	return &turn{l, l.asked}
}

// release ends a turn and drops a lane without turns.
func (o *order) release(d Dep, t *turn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.lane.turns--; t.lane.turns == 0 {
		delete(o.lanes, d.id)
	}
}

// send calls post unless the version of the turn, or a later one, has been
// sent. post calls next for the version that was asked for last. send waits for
// the lane, and returns errLate if that takes until the deadline. If another
// attempt begins and fails in the meantime, its failure counts for this turn
// too.
func (o *order) send(ctx context.Context, deadline time.Time, t *turn, post func(next func() string) (int, error)) (keys int, err error) {
	l := t.lane
	o.mu.Lock()
	before := l.attempts
	o.mu.Unlock()
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	select {
	case l.busy <- struct{}{}:
		defer func() { <-l.busy }()
	case <-late.C:
		return 0, errLate
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	o.mu.Lock()
	sent, attempts, lastErr := l.sent, l.attempts, l.err
	o.mu.Unlock()
	switch {
	case sent >= t.n:
		return 0, nil
	case attempts > before:
		return 0, lastErr
	}
	var n uint64 // of the version that is posted; 0 before that
	keys, err = post(func() string {
		o.mu.Lock()
		defer o.mu.Unlock()
		l.attempts++
		n = l.asked
		return l.hash
	})
	if n > 0 {
		o.mu.Lock()
		defer o.mu.Unlock()
		if l.err = err; err == nil {
			l.sent = n
		}
	}
	return keys, err
}
