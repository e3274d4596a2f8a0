package cachecore

import (
	"context"
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
	turns int           // that are not over

	asked, sent uint64 // the latest turn that was given, and carried out
	hash        string // of the latest
}

// turn is the place of one invalidation in its lane.
type turn struct {
	lane *lane
	n    uint64
}

// take gives the next turn of the dep's lane to its version.
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

// over ends a turn.
func (o *order) over(d Dep, t *turn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t.lane.turns--; t.lane.turns == 0 {
		delete(o.lanes, d.id)
	}
}

// send waits for the lane and calls post with the version that was asked for
// last, unless a later turn has been carried out.
func (o *order) send(ctx context.Context, t *turn, post func(hash string) (int, error)) (keys int, err error) {
	select {
	case t.lane.busy <- struct{}{}:
		defer func() { <-t.lane.busy }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	o.mu.Lock()
	n, hash, sent := t.lane.asked, t.lane.hash, t.lane.sent
	o.mu.Unlock()
	if sent >= t.n {
		return 0, nil
	}
	keys, err = post(hash)
	if err == nil {
		o.mu.Lock()
		t.lane.sent = n
		o.mu.Unlock()
	}
	return keys, err
}
