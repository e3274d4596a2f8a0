package simulation

import (
	"context"
	"sync/atomic"
	"time"
)

// condition is what is wrong between the processes and the gateway.
type condition int32

const (
	fair     condition = iota
	losing             // connections break, before or after the gateway has the request
	failing            // something in between answers 500
	limiting           // something in between answers 429
	stalling           // requests get to the gateway late
	down               // the gateway cannot be reached, and may come back empty
	conditions
)

func (c condition) String() string {
	return [conditions]string{"fair", "losing", "failing", "limiting", "stalling", "down"}[c]
}

// Bad weather ends before the client's 30 s are over, and does not return before.
const (
	minFair, maxFair = 20 * time.Second, 40 * time.Second
	minBad, maxBad   = 1 * time.Second, 15 * time.Second
)

// restartChance is how often the gateway that was down has lost its cache.
const restartChance = 0.3

// An outage outlasts all attempts.
const (
	outageChance         = 0.1
	minOutage, maxOutage = 40 * time.Second, 90 * time.Second
)

// weather changes from fair to bad and back.
type weather struct {
	*dice

	gateway *gateway
	outages bool
	now     atomic.Int32
	hits    [conditions]atomic.Int64 // requests that were hit
	clear   func()                   // ends bad weather for good
}

func newWeather(d *dice, g *gateway, outages bool) *weather {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	w := &weather{dice: d, gateway: g, outages: outages, clear: func() { cancel(); <-done }}
	go func() {
		defer close(done)
		w.blow(ctx)
	}()
	return w
}

// blow runs until ctx ends.
func (w *weather) blow(ctx context.Context) {
	for pause(ctx, w.between(minFair, maxFair)) {
		c := condition(1 + w.below(int(conditions)-1))
		length := w.between(minBad, maxBad)
		if w.outages && w.chance(outageChance) {
			c, length = down, w.between(minOutage, maxOutage)
		}
		if c == down && w.chance(restartChance) {
			w.gateway.restart()
		}
		w.now.Store(int32(c))
		pause(ctx, length)
		w.now.Store(int32(fair))
	}
}

// pause waits. It reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// fate is what becomes of one request.
type fate struct {
	arrives bool          // the gateway gets the request
	held    time.Duration // before it does
	breaks  time.Duration // until the connection breaks, if that comes before the answer; 0 if it does not
	lost    bool          // the answer never comes
	cut     bool          // the answer's body breaks off
	status  int           // of an answer that is not the gateway's; 0 for none
}

// hitChance is how many requests bad weather hits.
const hitChance = 0.7

func (w *weather) fate() fate {
	c := condition(w.now.Load())
	if c == fair || c != down && !w.chance(hitChance) {
		return fate{arrives: true}
	}
	w.hits[c].Add(1)
	switch c {
	case losing:
		switch w.below(3) {
		case 0:
			return fate{lost: true}
		case 1:
			return fate{arrives: true, lost: true, breaks: w.between(1*time.Millisecond, 5*time.Second)}
		}
		return fate{arrives: true, cut: true}
	case failing:
		return fate{arrives: w.chance(0.5), status: 500}
	case limiting:
		return fate{status: 429}
	case stalling:
		return fate{arrives: true, held: w.between(4*time.Second, 12*time.Second)}
	}
	return fate{lost: true} // down
}
