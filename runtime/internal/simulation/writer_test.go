package simulation

import (
	"context"
	"time"
)

// writer changes documents, one after the other, and invalidates them.
type writer struct {
	*process
	*dice
}

const (
	writeEvery    = 10 * time.Second // on average, for each writer
	hangUpWriting = 0.2              // the share of callers that leave after the commit
	crashChance   = 0.002            // of a process between commit and call, if the strategy has crashes
)

// run commits the writer's number of writes.
func (w *writer) run() {
	for range turns {
		time.Sleep(w.between(0, 2*writeEvery) / w.strategy.pace())
		c := w.world.commit(w.below(w.strategy.documents()))
		if w.strategy.crashes && w.chance(crashChance) {
			w.crash()
		} else {
			w.invalidate(c)
		}
	}
}

// invalidate calls until it succeeds, unless the caller hangs up or the process
// ends.
func (w *writer) invalidate(c *write) {
	life := w.now()
	ctx := context.WithValue(life.ctx, writeKey{}, c)
	if w.chance(hangUpWriting) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.between(0, 100*time.Millisecond))
		defer cancel()
	}
	for w.strategy.invalidate(ctx, w.simulation, life.client, c) != nil {
		if !pause(ctx, w.between(1*time.Second, 5*time.Second)) {
			return
		}
	}
}
