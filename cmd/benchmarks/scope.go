package main

import (
	"context"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/cachecore"
)

const (
	scopedDeps = 5
	scopeLimit = 2 * time.Microsecond
)

func measureScope(ctx context.Context, b *bench) ([]table.Row, error) {
	deps := contracts(scopedDeps)
	kept := cachecore.WithDeps(ctx, deps...)
	n := b.pick(10_000, 500)
	got, err := stats.Interleave(ctx, b.pick(100, 2),
		firstScopes(n, deps),
		perCall(n, func() error { cachecore.Scope(kept); return nil }),
		perCall(n, func() error { cachecore.Scope(kept, "notice period"); return nil }),
	)
	if err != nil {
		return nil, err
	}
	return []table.Row{
		limited("`Scope`, 5 deps, the first call for a set", got[0], scopeLimit),
		limited("`Scope`, 5 deps, a later call", got[1], scopeLimit),
		limited("`Scope` with the name of a question, 5 deps, a later call", got[2], scopeLimit),
	}, nil
}

// firstScopes measures the average of n calls, each for a new set of the deps.
// The sets are made before.
func firstScopes(n int, deps []cachecore.Dep) stats.Measure {
	return func(ctx context.Context) (time.Duration, error) {
		fresh := make([]context.Context, 0, n)
		for range n {
			fresh = append(fresh, cachecore.WithDeps(ctx, deps...))
		}
		begun := time.Now()
		for _, ctx := range fresh {
			cachecore.Scope(ctx)
		}
		return time.Since(begun) / time.Duration(n), nil
	}
}
