package cachecoretest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/internal/jsondiff"
)

// stableRuns is the number of runs of [Gateway.RequireStable]. A range over a
// map of two keys has the more likely order in 7 of 8 runs, so all runs of such
// a call are the same once in 700 times.
const stableRuns = 50

// RequireStable runs ask fifty times, and fails the test t immediately unless the
// LLM requests of all runs after the first are exact hits. A gateway compares
// the bytes of a body, so an SDK that writes the same call in another order
// each time never hits. For each miss, the message shows the first difference
// to the first run's body, such as
//
//	tools[2].function.name: "b" | "a"
//
// or, if the bytes are the same, the gateway's reason, such as a dep that the
// kept answer lacks. ask must send its requests to this gateway, and must
// return after their answers.
func (g *Gateway) RequireStable(t testing.TB, ask func()) {
	t.Helper()
	g.requireStable(t, ask)
}

func (g *Gateway) requireStable(t testingT, ask func()) {
	t.Helper()
	first := g.requestsOf(ask)
	if len(first) == 0 {
		t.Fatalf("cachecoretest: RequireStable: the call sends no LLM request to the gateway; pass it the HTTP client of Gateway.Client and the URL of Gateway.URL")
		return
	}
	for run := 2; run <= stableRuns; run++ {
		got := g.requestsOf(ask)
		if lines := misses(first, got); len(lines) > 0 {
			t.Fatalf("cachecoretest: run %d of the same call is not answered from the cache:%s", run, strings.Join(lines, ""))
			return
		}
	}
}

// requestsOf returns the requests that arrive while ask runs.
func (g *Gateway) requestsOf(ask func()) []devgateway.Completion {
	before := len(g.Requests())
	ask()
	return g.Requests()[before:]
}

// misses describes the requests of a run that are no exact hits.
func misses(first, run []devgateway.Completion) (lines []string) {
	if len(run) != len(first) {
		lines = append(lines, fmt.Sprintf("\n\tit sends %d LLM requests, not %d as the first run does", len(run), len(first)))
	}
	for i, c := range run {
		if c.Cache == devgateway.HitL1 || c.Cache == devgateway.HitL1Stale {
			continue
		}
		lines = append(lines, fmt.Sprintf("\n\trequest %d: %s", i+1, missed(counterpart(first, run, i), c)))
	}
	return lines
}

// counterpart returns the body of the first run's request that request i of the
// run repeats, as far as that can be told. It is nil if there is none. Requests
// that are sent concurrently may arrive in another order.
func counterpart(first, run []devgateway.Completion, i int) []byte {
	same := func(body []byte) func(devgateway.Completion) bool {
		return func(c devgateway.Completion) bool { return bytes.Equal(c.Body, body) }
	}
	if slices.ContainsFunc(first, same(run[i].Body)) {
		return run[i].Body
	}
	left := slices.DeleteFunc(slices.Clone(first), func(c devgateway.Completion) bool { return slices.ContainsFunc(run, same(c.Body)) })
	switch {
	case i < len(first) && slices.ContainsFunc(left, same(first[i].Body)):
		return first[i].Body
	case len(left) > 0:
		return left[0].Body
	}
	return nil
}

// missed returns the reason why a request is no exact hit.
func missed(body []byte, c devgateway.Completion) string {
	if body != nil {
		if path, before, now, differ := jsondiff.First(body, c.Body); differ {
			if path != "" {
				path += ": "
			}
			return fmt.Sprintf("other bytes: %s%s | %s", path, before, now)
		}
	}
	switch {
	case c.Uncached != nil:
		return fmt.Sprintf("%s: %v", c.Cache, c.Uncached)
	case c.Cache == "":
		return fmt.Sprintf("refused with status %d", c.Code)
	}
	return fmt.Sprintf("%s: %s", c.Cache, c.Reason)
}
