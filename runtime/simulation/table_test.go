package simulation

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// tally is what is counted in one run, or in all runs of one strategy.
type tally struct {
	writes       int
	lost         int // writes of which no invalidation ever reached the gateway
	answers      int
	hits         int
	stale        int // answers older than their document was when the question was asked
	left         int // answers that are in the cache at the end
	staleForever int // those of them that are older than their document

	faults [conditions]int64 // requests hit
}

func (t *tally) add(o tally) {
	t.writes += o.writes
	t.lost += o.lost
	t.answers += o.answers
	t.hits += o.hits
	t.stale += o.stale
	t.left += o.left
	t.staleForever += o.staleForever
	for c, n := range o.faults {
		t.faults[c] += n
	}
}

// table has a row for each strategy.
type table struct {
	mu   sync.Mutex
	rows []tally
}

func newTable() *table { return &table{rows: make([]tally, len(strategies))} }

func (tb *table) add(row int, result tally) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.rows[row].add(result)
}

// check logs the table. It fails if that shows less than it seems to.
func (tb *table) check(t *testing.T) {
	t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	t.Logf("seeds %v, %d writes each\n%s", chosenSeeds(), *writes, tb)
	var sum tally
	for i, s := range strategies {
		r := tb.rows[i]
		if r.writes == 0 {
			continue // left out by -run
		}
		sum.add(r)
		if s.want == some && r.staleForever == 0 {
			t.Errorf("%s: nothing is stale for ever: the faults are too weak to show anything", s.name)
		}
		if r.hits == 0 {
			t.Errorf("%s: no question was answered from the cache, so nothing could be stale: write more", s.name)
		}
	}
	for c := fair + 1; c < conditions; c++ {
		t.Logf("%d requests were hit by the condition %v", sum.faults[c], c)
		if sum.faults[c] == 0 {
			t.Error("a condition that hits nothing shows nothing: write more")
		}
	}
}

// String returns the table with aligned columns.
func (tb *table) String() string {
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cells ...any) {
		fmt.Fprintf(out, "%-20s\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t\n", append([]any{name}, cells...)...)
	}
	row("strategy", "writes", "invalidations lost", "answers", "hits", "stale served", "left in the cache", "stale for ever")
	for i, s := range strategies {
		r := tb.rows[i]
		row(s.name, r.writes, r.lost, r.answers, r.hits, r.stale, r.left, r.staleForever)
	}
	_ = out.Flush() // a strings.Builder takes everything
	return text.String()
}
