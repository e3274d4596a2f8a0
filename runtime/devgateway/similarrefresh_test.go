package devgateway_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// A request that waited for a refresh in vain looks for similar questions, and
// its own answer is one for them.
func TestSimilarAfterAFailedRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up, c := newHeld(), newClock()
		g := newGateway(t, c, devgateway.WithUpstream(up), devgateway.WithSimilar(degrees(), 0.9))
		const untilStale, untilExpired = devgateway.DefaultFreshTTL + time.Second, devgateway.DefaultStaleWindow
		ask := func(prompt string) *pending { return send(t, g, question(prompt)) }
		first := ask("0")
		(<-up.calls).json(`{"choices":[1]}`)
		first.want(t, `200 MISS {"choices":[1]}`)
		c.advance(untilStale)
		ask("0").want(t, `200 HIT_L1_STALE {"choices":[1]}`)
		refresh := <-up.calls
		c.advance(untilExpired)
		near := ask("10")
		(<-up.calls).json(`{"choices":[2]}`)
		near.want(t, `200 MISS {"choices":[2]}`)
		waits := ask("0")
		waits.want(t, waiting)
		refresh.fail()
		waits.want(t, `200 HIT_L2 {"choices":[2]}`)

		c.advance(untilStale + untilExpired)
		again := ask("10")
		(<-up.calls).json(`{"choices":[3]}`)
		again.want(t, `200 MISS {"choices":[3]}`)
		c.advance(untilStale)
		ask("10").want(t, `200 HIT_L1_STALE {"choices":[3]}`)
		refresh = <-up.calls
		c.advance(untilExpired)
		waits = ask("10")
		refresh.fail()
		synctest.Wait()
		(<-up.calls).json(`{"choices":[4]}`)
		waits.want(t, `200 MISS {"choices":[4]}`)
		ask("20").want(t, `200 HIT_L2 {"choices":[4]}`)
	})
}

// An entry that was made while the embedder was down gets its embedding with
// its next refresh.
func TestRefreshEmbedsAgain(t *testing.T) {
	t.Parallel()
	var up atomic.Bool
	refreshed := make(chan devgateway.Refresh, 1)
	f := start(t, devgateway.WithObserver(devgateway.Observer{Refresh: func(r devgateway.Refresh) { refreshed <- r }}),
		devgateway.WithSimilar(embedder(func(ctx context.Context, text string) ([]float32, error) {
			if !up.Load() {
				return nil, errors.New("connection refused")
			}
			return degrees()(ctx, text)
		}), 0.9))
	acme := tenant(t, "acme")
	f.wantCache("MISS", "", "0", acme)
	for _, want := range []string{"MISS", "HIT_L2"} {
		f.clock.advance(devgateway.DefaultFreshTTL)
		f.wantCache("HIT_L1_STALE", "", "0", acme)
		if r := <-refreshed; r.Err != nil {
			t.Fatal(r.Err)
		}
		if want == "MISS" { // the first refresh finds the embedder down too
			up.Store(true)
			f.wantCache(want, "", "180", acme)
			continue
		}
		f.wantCache(want, `{"choices":[4]}`, "1", acme)
	}
}
