package cachecore

import (
	"context"
	"errors"
	"sync"
)

// order keeps the gateway at the version of each dep that was asked for last,
// however its invalidations are retried. It sends one of them at a time.
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

// send calls post with the version that was asked for last, unless that has
// been sent since the turn was taken. It waits for the lane, and returns
// errLate if ctx ends first. If another attempt begins and fails meanwhile,
// that counts for this turn too.
func (o *order) send(ctx context.Context, t *turn, post func(hash string) (int, error)) (keys int, err error) {
	l := t.lane
	o.mu.Lock()
	before := l.attempts
	o.mu.Unlock()
	select {
	case l.busy <- struct{}{}:
		defer func() { <-l.busy }()
	case <-ctx.Done():
		return 0, errLate
	}
	o.mu.Lock()
	n, hash := l.asked, l.hash
	switch {
	case l.sent >= t.n:
		o.mu.Unlock()
		return 0, nil
	case l.attempts > before:
		defer o.mu.Unlock()
		return 0, l.err
	}
	l.attempts++
	o.mu.Unlock()
	keys, err = post(hash)
	o.mu.Lock()
	defer o.mu.Unlock()
	switch l.err = err; {
	case err == nil:
		l.sent = n
	case errors.Is(err, errLate):
		l.attempts-- // it was not sent
	}
	return keys, err
}
