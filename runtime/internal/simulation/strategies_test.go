package simulation

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	seed   = flag.Uint64("seed", 0, "simulate this seed alone, instead of those from 1 to -seeds")
	seeds  = flag.Int("seeds", 4, "how many seeds to simulate")
	writes = flag.Int("writes", 1000, "writes for each strategy and seed; CI asks for 25,000")
)

// TestStrategies prints a table of the answers that each strategy leaves in the
// cache, and compares them.
func TestStrategies(t *testing.T) {
	t.Parallel()
	table := newTable()
	t.Cleanup(func() { table.check(t) })
	for i, strategy := range strategies {
		for _, seed := range chosenSeeds() {
			t.Run(fmt.Sprintf("%s/seed %d", strategy.name, seed), func(t *testing.T) {
				t.Parallel()
				for run := range *writes / (writers * turns) {
					synctest.Test(t, func(t *testing.T) {
						s := newSimulation(t, strategy, func(thrower uint64) *dice { return newDice(seed, run, thrower) })
						table.add(i, s.run())
						s.check()
					})
					if t.Failed() {
						return
					}
				}
			})
		}
	}
}

func chosenSeeds() []uint64 {
	if *seed != 0 {
		return []uint64{*seed}
	}
	list := make([]uint64, *seeds)
	for i := range list {
		list[i] = uint64(i + 1)
	}
	return list
}

// check reports stale answers in a row that must not have any.
func (s *simulation) check() {
	if s.strategy.want != none {
		return
	}
	for doc := range s.world.docs {
		if s.world.docs[doc].stale {
			s.tb.Errorf("stale for ever:\n%s", s.world.story(doc))
		}
	}
}
