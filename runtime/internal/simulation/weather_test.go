package simulation

import (
	"context"
	"sync/atomic"
	"time"
)

// condition is the state of the connection between the processes and the
// gateway.
type condition int32

const (
	fair     condition = iota
	losing             // connections break, before or after the gateway has the request
	failing            // an intermediary answers 500
	limiting           // an intermediary answers 429
	stalling           // requests reach the gateway late
	down               // the gateway cannot be reached, and may come back empty
	conditions
)

func (c condition) String() string {
	return [conditions]string{"fair", "losing", "failing", "limiting", "stalling", "down"}[c]
}

// Bad weather ends before the client's 30 s are over, and does not return
// before.
const (
	minFair, maxFair = 20 * time.Second, 40 * time.Second
	minBad, maxBad   = 1 * time.Second, 15 * time.Second
)

// restartChance is the probability that the gateway loses its cache when it is
// down.
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
	hits    [conditions]atomic.Int64 // affected requests
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

// blow changes the weather until ctx ends.
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

// pause waits for d. It returns false if ctx ended first.
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

// fate determines the course of one request.
type fate struct {
	arrives bool          // whether the gateway gets the request
	held    time.Duration // the delay before the gateway gets it
	breaks  time.Duration // the time after which the connection breaks, unless the answer comes first; 0 if it does not break
	lost    bool          // whether the answer never comes
	cut     bool          // whether the answer's body breaks off
	status  int           // the status of an answer that is not the gateway's; otherwise 0
}

// hitChance is the share of requests that bad weather affects.
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
