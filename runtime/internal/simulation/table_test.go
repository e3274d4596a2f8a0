package simulation

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// tally contains the counts of one run, or of all runs of one strategy.
type tally struct {
	runs         int
	writes       int
	lost         int // writes whose invalidation never reached the gateway
	answers      int
	hits         int
	stale        int // answers that were older than their document at the time of the question
	old          int // cached answers at the end that are older than their document
	left         int // documents that a reader is served from the cache at the end
	staleForever int // those among them whose answer is older than the document

	faults [conditions]int64 // affected requests
}

func (t *tally) add(o tally) {
	t.runs += o.runs
	t.writes += o.writes
	t.lost += o.lost
	t.answers += o.answers
	t.hits += o.hits
	t.stale += o.stale
	t.old += o.old
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

// check logs the table. It fails if the table shows less than it seems to.
func (tb *table) check(t *testing.T) {
	t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	t.Logf("seeds %v, %d writes each\n%s", chosenSeeds(), *writes, tb)
	var sum tally
	for i, s := range strategies {
		r := tb.rows[i]
		if r.writes == 0 {
			continue // excluded by -run
		}
		sum.add(r)
		s.check(t, r)
	}
	tb.checkVersioned(t)
	for c := fair + 1; c < conditions; c++ {
		t.Logf("%d requests were hit by the condition %v", sum.faults[c], c)
		if sum.faults[c] == 0 {
			t.Error("a condition that hits nothing shows nothing: write more")
		}
	}
}

// check reports a row that shows less than it seems to.
func (s strategy) check(t *testing.T, r tally) {
	t.Helper()
	if s.want == some && r.staleForever == 0 {
		t.Errorf("%s: nothing is stale for ever: the faults are too weak to show anything, or write more", s.name)
	}
	if s.want != none {
		return
	}
	if 10*r.hits < r.answers {
		t.Errorf("%s: %d of %d answers come from the cache: too few to show that they are not stale", s.name, r.hits, r.answers)
	}
	if all := s.documents() * r.runs; 10*r.left < 9*all {
		t.Errorf("%s: %d of %d documents are served from the cache in the end: too few to show that they are not stale", s.name, r.left, all)
	}
}

// checkVersioned fails if the versioned row is free of stale answers only
// because readers name the current version: the gateway has to refuse most of
// them.
func (tb *table) checkVersioned(t *testing.T) {
	t.Helper()
	bare, versioned := tb.rows[rowOf(bareName)], tb.rows[rowOf(versionedName)]
	if bare.writes == 0 || versioned.writes == 0 {
		return // excluded by -run
	}
	if 5*versioned.old >= bare.old {
		t.Errorf("%d old answers are in the cache with versions, %d without: the gateway has to refuse most of them, or write more", versioned.old, bare.old)
	}
}

// rowOf returns the index of the strategy with the name.
func rowOf(name string) int {
	return slices.IndexFunc(strategies, func(s strategy) bool { return s.name == name })
}

// String returns the table with aligned columns.
func (tb *table) String() string {
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cells ...any) {
		fmt.Fprintf(out, "%-20s\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t%v\t\n", append([]any{name}, cells...)...)
	}
	row("strategy", "writes", "invalidations lost", "answers", "hits", "stale served", "old in the cache", "served at the end", "stale for ever")
	for i, s := range strategies {
		r := tb.rows[i]
		row(s.name, r.writes, r.lost, r.answers, r.hits, r.stale, r.old, r.left, r.staleForever)
	}
	_ = out.Flush() // writing to a strings.Builder cannot fail
	return text.String()
}
