package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/devgateway"
)

const (
	similarEntries = 6000
	similarLimit   = 1500 * time.Microsecond
)

// directions embeds the prompt of a number as one of some random vectors, which
// are ready, so that only the search takes time.
type directions [][]float32

func newDirections(n int) directions {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same vectors each time
	all := make(directions, n)
	for i := range all {
		all[i] = make([]float32, 384)
		for j := range all[i] {
			all[i][j] = float32(r.NormFloat64())
		}
	}
	return all
}

// Embed implements [devgateway.Embedder].
func (d directions) Embed(_ context.Context, text string) ([]float32, error) {
	var number int
	if _, err := fmt.Sscanf(text, "%d:", &number); err != nil {
		return nil, fmt.Errorf("number of the prompt: %w", err)
	}
	return d[number%len(d)], nil
}

// measureSimilar measures a HIT_L2 of the local gateway, from the request to the
// answer, with the search of all entries.
func measureSimilar(ctx context.Context, b *bench) (table.Row, error) {
	entries := b.pick(similarEntries, 100)
	gateway, err := devgateway.New(
		devgateway.WithSecret([]byte(secret)),
		devgateway.WithSimilar(newDirections(entries), 0.92),
	)
	if err != nil {
		return table.Row{}, err
	}
	ask := func(number int, want devgateway.Status) error {
		req, err := completion(ctx, "", number)
		if err != nil {
			return err
		}
		w := &counter{header: http.Header{}}
		gateway.ServeHTTP(w, req)
		if cache := w.header.Get("X-Cache"); cache != string(want) {
			return fmt.Errorf("request %d: X-Cache %q, want %q", number, cache, want)
		}
		return nil
	}
	for i := range entries {
		if err := ask(i, devgateway.Miss); err != nil {
			return table.Row{}, err
		}
	}
	number := entries
	got, err := stats.Interleave(ctx, b.pick(50, 2), perCall(b.pick(100, 10), func() error {
		number++
		return ask(number, devgateway.HitL2)
	}))
	if err != nil {
		return table.Row{}, err
	}
	what := fmt.Sprintf("local gateway, a similar question among %d entries", entries)
	return limited(what, got[0], similarLimit), gateway.Close(ctx)
}
