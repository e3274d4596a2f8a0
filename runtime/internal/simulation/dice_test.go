package simulation

import (
	"math/rand/v2"
	"sync"
	"time"
)

// dice are random numbers that depend on the seed, the run and the thrower.
type dice struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func newDice(seed uint64, run int, thrower uint64) *dice {
	return &dice{rand: rand.New(rand.NewPCG(seed, uint64(run)<<32|thrower))}
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rand.IntN(n)
}

// chance returns true with the given probability.
func (d *dice) chance(p float64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rand.Float64() < p
}

// between returns a time from lo to hi, to the nanosecond, so that two events
// hardly ever happen at the same moment.
func (d *dice) between(lo, hi time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return lo + time.Duration(d.rand.Int64N(int64(hi-lo)))
}
