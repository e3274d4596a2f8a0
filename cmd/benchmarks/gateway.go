package main

import (
	"context"
	"fmt"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/devgateway"
)

func measureGateway(ctx context.Context, b *bench) ([]table.Row, error) {
	depgen, err := b.buildOwn(ctx, "cmd/depgen")
	if err != nil {
		return nil, err
	}
	hits, err := measureHits(ctx, b, depgen)
	if err != nil {
		return nil, err
	}
	page, err := measurePage(ctx, b, depgen)
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
	return append(hits, page, memory, similar), nil
}

// measureHits compares depgen gateway, run as developers do, with a server that
// only answers and, if one is given, with an earlier depgen.
func measureHits(ctx context.Context, b *bench, depgen string) ([]table.Row, error) {
	bareserver, err := b.buildOwn(ctx, "cmd/benchmarks/bareserver")
	if err != nil {
		return nil, err
	}
	n := b.pick(20_000, 500)
	ours, answer, stop, err := startHits(ctx, depgen)
	if err != nil {
		return nil, err
	}
	defer stop()
	bare, err := start(ctx, bareserver, string(answer))
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	least := &load{addr: bare.addr(), request: ours.request, cache: ours.cache}
	measures := []stats.Measure{ours.measure(n), least.measure(n)}
	if b.before != "" {
		before, _, stop, err := startHits(ctx, b.before)
		if err != nil {
			return nil, err
		}
		defer stop()
		measures = append(measures, before.measure(n))
	}
	got, err := stats.Interleave(ctx, b.pick(9, 1), measures...)
	if err != nil {
		return nil, err
	}
	rows := hitRows(n, got, ours.p99[1:], least.p99[1:]) // without the first round, which warms up
	if b.before != "" {
		rows = append(rows, rateRow(n, "`depgen gateway`, hits", got[0], "the earlier depgen", got[2], table.AtLeast(0.97)))
	}
	return rows, nil
}

// startHits starts a gateway, and returns the load of a request that it answers
// from its cache, and the answer in wire format.
func startHits(ctx context.Context, depgen string, flags ...string) (hits *load, answer []byte, stop func(), err error) {
	gateway, err := start(ctx, depgen, "", append([]string{"gateway", "--addr", "127.0.0.1:0", "--jwt-secret", secret}, flags...)...)
	if err != nil {
		return nil, nil, nil, err
	}
	request, answer, err := recordHit(ctx, gateway.url)
	if err != nil {
		gateway.stop()
		return nil, nil, nil, err
	}
	return &load{addr: gateway.addr(), request: request, cache: string(devgateway.HitL1)}, answer, gateway.stop, nil
}

func hitRows(n int, got []stats.Sample, ours, least stats.Sample) []table.Row {
	const name, other = "`depgen gateway`, hits", "net/http, the same bytes"
	return []table.Row{
		rateRow(n, name, got[0], other, got[1], table.AtLeast(0.4)),
		timed(name+", 99th percentile", ours, other+", 99th percentile", least, table.Goal{}),
	}
}

// rateRow compares the rates of n requests.
func rateRow(n int, what string, a stats.Sample, against string, b stats.Sample, goal table.Goal) table.Row {
	rate := func(s stats.Sample) float64 { return float64(n) / s.Median().Seconds() }
	return table.Row{
		What:    fmt.Sprintf("%s: %.0f a second", what, rate(a)),
		Against: fmt.Sprintf("%s: %.0f a second", against, rate(b)),
		Result:  stats.Ratio(b, a), // a ratio of rates is the inverse of that of times
		Goal:    goal,
	}
}
