package main

import (
	"context"
	"fmt"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/devgateway"
)

func measureGateway(ctx context.Context, b *bench) ([]table.Row, error) {
	hits, err := measureHits(ctx, b)
	if err != nil {
		return nil, err
	}
	memory, err := measureEntries(ctx, b)
	if err != nil {
		return nil, err
	}
	similar, err := measureSimilar(ctx, b)
	if err != nil {
		return nil, err
	}
	return append(hits, memory, similar), nil
}

// measureHits compares depgen gateway, run as developers do, with a server that
// only answers.
func measureHits(ctx context.Context, b *bench) ([]table.Row, error) {
	depgen, err := b.buildOwn(ctx, "cmd/depgen")
	if err != nil {
		return nil, err
	}
	bareserver, err := b.buildOwn(ctx, "cmd/benchmarks/bareserver")
	if err != nil {
		return nil, err
	}
	gateway, err := start(ctx, depgen, "", "gateway", "--addr", "127.0.0.1:0", "--jwt-secret", secret)
	if err != nil {
		return nil, err
	}
	defer gateway.stop()
	request, answer, err := recordHit(ctx, gateway.url)
	if err != nil {
		return nil, err
	}
	bare, err := start(ctx, bareserver, string(answer))
	if err != nil {
		return nil, err
	}
	defer bare.stop()

	n := b.pick(20_000, 500)
	ours := &load{addr: gateway.addr(), request: request, cache: string(devgateway.HitL1)}
	least := &load{addr: bare.addr(), request: request, cache: string(devgateway.HitL1)}
	got, err := stats.Interleave(ctx, b.pick(9, 1), ours.measure(n), least.measure(n))
	if err != nil {
		return nil, err
	}
	return hitRows(n, got, ours.p99[1:], least.p99[1:]), nil // without the first round, which warms up
}

func hitRows(n int, got []stats.Sample, ours, least stats.Sample) []table.Row {
	const name, other = "`depgen gateway`, hits", "net/http, the same bytes"
	rate := func(s stats.Sample) float64 { return float64(n) / s.Median().Seconds() }
	return []table.Row{
		{
			What:    fmt.Sprintf("%s: %.0f a second", name, rate(got[0])),
			Against: fmt.Sprintf("%s: %.0f a second", other, rate(got[1])),
			Result:  stats.Ratio(got[1], got[0]), // a ratio of rates is the inverse of that of times
			Goal:    table.AtLeast(0.4),
		},
		timed(name+", 99th percentile", ours, other+", 99th percentile", least, table.Goal{}),
	}
}
