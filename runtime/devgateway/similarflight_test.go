package devgateway_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

// heldEmbedder is an embedder whose calls block until the test releases them.
type heldEmbedder struct {
	texts   []string
	release chan error
}

func newHeldEmbedder() *heldEmbedder { return &heldEmbedder{release: make(chan error)} }

func (h *heldEmbedder) Embed(ctx context.Context, text string) ([]float32, error) {
	h.texts = append(h.texts, text)
	select {
	case err := <-h.release:
		if err != nil {
			return nil, err
		}
		return degrees()(ctx, text)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (h *heldEmbedder) want(t *testing.T, texts ...string) {
	t.Helper()
	if got := strings.Join(h.texts, " "); got != strings.Join(texts, " ") {
		t.Errorf("embedded %s, want %s", got, texts)
	}
}

// Identical requests share one embedding and one call. Similar ones at once do
// not wait for each other: both are misses, as published.
func TestSimilarAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		up, embed := newHeld(), newHeldEmbedder()
		g := newGateway(t, newClock(), devgateway.WithUpstream(up), devgateway.WithSimilar(embed, 0.9))
		zero, one, again := send(t, g, question("0")), send(t, g, question("1")), send(t, g, question("0"))
		embed.want(t, "0", "1")
		embed.release <- nil
		embed.release <- nil
		synctest.Wait()
		(<-up.calls).json(`{"choices":[1]}`)
		(<-up.calls).json(`{"choices":[2]}`)
		synctest.Wait()
		for name, tt := range map[string]struct {
			*pending
			want string
		}{"zero": {zero, "MISS"}, "one": {one, "MISS"}, "again": {again, "HIT_L1"}} {
			if got := tt.Header().Get("X-Cache"); !tt.returned || got != tt.want {
				t.Errorf("%s: %v, want %s", name, tt.pending, tt.want)
			}
		}
		embed.want(t, "0", "1")
	})
}

// leadAndWait asks a question, and then a similar one twice: the second waits
// for the first, and both for the embedder.
func leadAndWait(t *testing.T) (embed *heldEmbedder, first, leader, waits *pending) {
	t.Helper()
	embed = newHeldEmbedder()
	g := newGateway(t, newClock(), devgateway.WithSimilar(embed, 0.9))
	first = send(t, g, question("0"))
	embed.release <- nil
	synctest.Wait()
	return embed, first, send(t, g, question("1")), send(t, g, question("1"))
}

// The requests that wait for a leader whose answer is a HIT_L2 get it too, from
// its embedding.
func TestSimilarForThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		embed, first, leader, waits := leadAndWait(t)
		embed.want(t, "0", "1")
		embed.release <- nil
		synctest.Wait()
		for _, p := range []*pending{leader, waits} {
			if !p.returned || p.Header().Get("X-Cache") != "HIT_L2" || p.Body.String() != first.Body.String() {
				t.Errorf("got %v, want HIT_L2 with the answer of %v", p, first)
			}
		}
		embed.want(t, "0", "1")
	})
}

// The leader's embedding is also for those who wait when its client has left.
func TestSimilarWhenTheLeaderLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		embed, _, leader, waits := leadAndWait(t)
		leader.leave()
		synctest.Wait()
		embed.release <- nil
		synctest.Wait()
		if !waits.returned || waits.Header().Get("X-Cache") != "HIT_L2" {
			t.Errorf("got %v, want HIT_L2", waits)
		}
		embed.want(t, "0", "1")
	})
}

// If the embedder fails for the leader, the requests that wait for it do not try
// again. The log has the reason for each.
func TestSimilarFailsOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log testlog.Buffer
		up, embed := newHeld(), newHeldEmbedder()
		g := newGateway(t, newClock(), devgateway.WithUpstream(up), devgateway.WithSimilar(embed, 0.9),
			devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		leader, waits := send(t, g, question("0")), send(t, g, question("0"))
		embed.release <- errors.New("no model")
		(<-up.calls).fail()
		synctest.Wait()
		(<-up.calls).json(`{"choices":[1]}`)
		synctest.Wait()
		if leader.Code != 502 || waits.Code != 200 || waits.Header().Get("X-Cache") != "MISS" {
			t.Errorf("got %v and %v, want a 502 and a MISS", leader, waits)
		}
		embed.want(t, "0")
		if n := strings.Count(log.String(), `not_similar="embed the question: no model"`); n != 2 {
			t.Errorf("%d of 2 lines have the reason: %s", n, log.String())
		}
	})
}

// An embedder that gives no answer delays a request by 5 seconds only.
func TestSimilarWithASlowEmbedder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log testlog.Buffer
		g := newGateway(t, newClock(), devgateway.WithSimilar(newHeldEmbedder(), 0.9),
			devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		p := send(t, g, question("0"))
		time.Sleep(5*time.Second - time.Nanosecond)
		synctest.Wait()
		if early := log.String(); early != "" {
			t.Errorf("it ended before 5 seconds: %s", early)
		}
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		if !p.returned || p.Code != 200 || p.Header().Get("X-Cache") != "MISS" {
			t.Errorf("got %v, want a MISS", p)
		}
		if want := `not_similar="embed the question: the embedder took longer than 5s; use a faster model"`; !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, log.String())
		}
	})
}

// Close ends an embedding.
func TestCloseEndsAnEmbedding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, newClock(), devgateway.WithSimilar(newHeldEmbedder(), 0.9))
		p := send(t, g, question("0"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Close: %v", err)
		}
		synctest.Wait()
		if !p.returned {
			t.Error("the request goes on")
		}
	})
}
