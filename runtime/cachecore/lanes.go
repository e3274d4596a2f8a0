package cachecore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
)

// lanes let invalidations of the same dep share requests. A dep has one request
// in progress at a time. Invalidations that come meanwhile wait for its end and
// then share one request. So at most one request of a dep is in progress, and
// one is pending, however often it is invalidated.
//
// A request counts only for invalidations that came before it was sent. The
// gateway may have carried out an earlier one before their data changed.
//
// A request has the hash of the invalidation that came last. So the gateway
// keeps the version that was asked for last, however invalidations are retried.
//
// After a failure, all invalidations of the dep wait for the same retry, those
// that come later as well. Otherwise, a gateway that is overloaded would get a
// request for each of them.
type lanes struct {
	retry RetryPolicy
	mu    sync.Mutex
	all   map[laneKey]*lane // those with turns
}

type laneKey struct {
	id        string
	versioned bool
}

// lane is shared by the invalidations of one dep.
type lane struct {
	turns int // not released

	asked   uint64 // the latest turn
	done    uint64 // the latest turn that the gateway has carried out
	watched uint64 // the latest turn with watch
	hash    string // of the latest turn

	busy    bool   // an attempt is being sent, or waits for a slot
	sending bool   // an attempt is being sent
	begun   uint64 // attempts that have been sent
	failed  uint64 // the latest of them that failed
	err     error  // its error

	failures  int       // temporary ones since the gateway last carried out a request
	notBefore time.Time // when the next attempt may be sent

	changed chan struct{} // closed when an attempt begins or ends; nil if nobody waits
}

// turn is the place of one invalidation in its lane.
type turn struct {
	lane *lane
	n    uint64
}

// take returns the next turn of the dep's lane. Flights are watched while a
// request is sent for a turn with watch: see [repeat].
func (ls *lanes) take(d Dep, watch bool) turn {
	hash := d.hash
	if !d.versioned {
		hash = uuid.NewString() // any new value: answers carry the default
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	key := laneKey{d.id, d.versioned}
	l := ls.all[key]
	if l == nil {
		l = &lane{}
		if ls.all == nil {
			ls.all = map[laneKey]*lane{}
		}
		ls.all[key] = l
	}
	l.turns++
	l.asked++
	l.hash = hash
	if watch {
		l.watched = l.asked
	}
	return turn{l, l.asked}
}

// release ends a turn and drops a lane without turns.
func (ls *lanes) release(d Dep, t turn) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if t.lane.turns--; t.lane.turns == 0 {
		delete(ls.all, laneKey{d.id, d.versioned})
	}
}

// claim returns true when it is the caller's turn to send an attempt. It
// returns false if an attempt of another invalidation counts for this one: one
// that succeeded, or one that began during this call and failed. In the latter
// case, it also returns the error. It returns errLate at the deadline, which is
// set when the wait for another attempt or for a retry begins. It does so at
// once if it cannot wait for the retry.
func (ls *lanes) claim(ctx context.Context, inv *invalidation) (mine bool, err error) {
	l := inv.turn.lane
	ls.mu.Lock()
	defer ls.mu.Unlock()
	before, helped := l.begun, false
	for l.done < inv.turn.n {
		backsOff := time.Now().Before(l.notBefore)
		if l.sending || l.failed > before || backsOff {
			inv.startClock()
		}
		switch {
		case l.failed > before:
			inv.folded = true
			return false, l.err
		case err != nil:
			return false, err
		case backsOff:
			if inv.deadline.Before(l.notBefore) || inv.run.isDown() {
				inv.cannotWait(l.err)
				return false, errLate
			}
		case !l.busy:
			l.busy, inv.folded = true, false
			return true, nil
		}
		changed, until := wakeOn(&l.changed), inv.deadline
		if backsOff {
			until = l.notBefore
		}
		ls.mu.Unlock()
		if backsOff && !helped {
			helped = true
			inv.run.help(ctx)
		}
		if err = await(ctx, changed, until); backsOff && errors.Is(err, errLate) {
			err = nil // time for the retry
		}
		ls.mu.Lock()
	}
	inv.folded = true
	return false, nil
}

// cannotWait ends the invalidation with the error of the attempt after which
// the others wait.
func (inv *invalidation) cannotWait(err error) {
	if inv.attempts == 0 {
		inv.folded = true
	}
	var again *temporary
	if errors.As(err, &again) {
		inv.last = again.error
	}
}

// await waits until c is closed.
func await(ctx context.Context, c <-chan struct{}, deadline time.Time) error {
	late, stop := timerAt(deadline)
	defer stop()
	select {
	case <-c:
		return nil
	case <-late:
		return errLate
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin marks the caller's attempt as sent. It returns the attempt's hash, the
// last of the turns that it counts for, and whether one of these has watch.
func (ls *lanes) begin(t turn) (hash string, last uint64, watch bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := t.lane
	l.begun++
	l.sending = true
	wake(&l.changed)
	return l.hash, l.asked, l.watched > l.done
}

// end ends the caller's attempt, which counts for all turns up to last. If it
// was not sent, or failed because the caller's own time is over, another
// invalidation sends one: then own is true.
func (ls *lanes) end(t turn, last uint64, err error, own bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := t.lane
	l.busy, l.sending = false, false
	if own && err != nil {
		wake(&l.changed)
		return
	}
	if err == nil {
		l.done = last
	} else {
		l.failed, l.err = l.begun, err
	}
	var again *temporary
	if errors.As(err, &again) {
		l.failures++
		l.notBefore = time.Now().Add(max(ls.retry.delay(l.failures), again.after))
	} else {
		l.failures, l.notBefore = 0, time.Time{}
	}
	wake(&l.changed)
}

// wakeOn returns a channel that the next wake closes.
func wakeOn(c *chan struct{}) <-chan struct{} {
	if *c == nil {
		*c = make(chan struct{})
	}
	return *c
}

func wake(c *chan struct{}) {
	if *c != nil {
		close(*c)
		*c = nil
	}
}
