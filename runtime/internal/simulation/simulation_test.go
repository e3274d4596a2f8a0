package simulation

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// One run is small, because a restart of the gateway erases the effects of all
// earlier faults. Many runs show more than a long one.
const (
	allDocuments = 100
	hotDocuments = 5
	writers      = 50
	readers      = 25
	turns        = 10 // the number of writes of each writer
)

func (s strategy) documents() int {
	if s.hot {
		return hotDocuments
	}
	return allDocuments
}

// pace returns how often readers and writers act, compared with other rows.
func (s strategy) pace() time.Duration {
	if s.hot {
		return 200
	}
	return 1
}

const gatewayURL = "http://gateway.example"

// simulation is one run of one strategy.
type simulation struct {
	tb       testing.TB
	diceOf   func(thrower uint64) *dice
	strategy strategy
	token    string
	world    *world
	weather  *weather
	network  *network
	joins    joins // of the strategy joining

	processes []*process
}

func newSimulation(tb testing.TB, strategy strategy, diceOf func(uint64) *dice) *simulation {
	tb.Helper()
	s := &simulation{tb: tb, diceOf: diceOf, strategy: strategy, token: token(tb), world: newWorld(strategy.documents()), joins: joins{begun: map[int]*join{}}}
	g := newGateway(tb, llm{s.diceOf(0), strategy.hot})
	s.weather = newWeather(s.diceOf(1), g, strategy.outages)
	s.network = &network{dice: s.diceOf(2), world: s.world, weather: s.weather, gateway: g}
	for range strategy.processes {
		s.processes = append(s.processes, newProcess(s))
	}
	return s
}

// run lets the writers write, waits until all work has ended, and counts the
// answers that remain in the cache.
func (s *simulation) run() tally {
	s.live()
	for _, p := range s.processes {
		p.stop(s.tb)
	}
	s.weather.clear()
	time.Sleep(quiet)
	s.sweep()
	s.network.gateway.engine.stop()
	s.world.countLost()
	for c := range conditions {
		s.world.tally.faults[c] = s.weather.hits[c].Load()
	}
	return s.world.tally
}

// quiet is longer than any request in progress can take.
const quiet = 10 * time.Minute

// live lets readers read until the writers are done.
func (s *simulation) live() {
	var writing, reading sync.WaitGroup
	for i := range writers {
		w := writer{s.writer(i), s.diceOf(uint64(100 + i))}
		writing.Go(func() { w.run() })
	}
	ctx, stop := context.WithCancel(context.Background())
	for i := range readers {
		r := reader{s.reader(i), s.diceOf(uint64(1000 + i))}
		reading.Go(func() { r.run(ctx) })
	}
	writing.Wait()
	stop()
	reading.Wait()
}

// writer returns the process of a writer. If one process writes what others
// read, no client knows the requests that may fill the cache late.
func (s *simulation) writer(i int) *process {
	if s.strategy.hot {
		return s.processes[0]
	}
	return s.processes[i%len(s.processes)]
}

// reader returns the process of a reader.
func (s *simulation) reader(i int) *process {
	if s.strategy.hot {
		return s.processes[1+i%(len(s.processes)-1)]
	}
	return s.processes[i%len(s.processes)]
}

// sweep looks up the cached answer of every document, and then asks like a
// reader, without faults. It fills in missing answers between the two.
// Otherwise a row could seem free of stale answers because it cannot cache any.
func (s *simulation) sweep() {
	client := s.processes[0].now().client // its transport works although it is closed
	for doc := range s.strategy.documents() {
		cached, err := post(context.Background(), client, doc) // without deps, it matches any version
		if err == nil {
			s.world.found(doc, cached)
		} else {
			s.askCalmly(client, doc) // otherwise this would replace an old answer
		}
		if got := s.askCalmly(client, doc); got.hit {
			s.world.left(doc, got)
		}
	}
}

// askCalmly asks like a reader. Faults have ended, so any error fails the test.
func (s *simulation) askCalmly(client *cachecore.Client, doc int) answer {
	got, err := post(s.declare(context.Background(), &question{doc: doc}), client, doc)
	if err != nil {
		s.tb.Error(err)
	}
	return got
}
