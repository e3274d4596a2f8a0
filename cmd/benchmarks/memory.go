package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/cachecore"
)

// flat is the goal for memory that ought not to grow with the number of deps.
const flat = 1.1

func invalidateMemory(ctx context.Context, b *bench) ([]table.Row, error) {
	few, many := b.pick(1000, 200), b.pick(100_000, 2000)
	small, err := invalidateHalfway(ctx, few)
	if err != nil {
		return nil, err
	}
	large, err := invalidateHalfway(ctx, many)
	if err != nil {
		return nil, err
	}
	name := func(n int, m halfway) string {
		return fmt.Sprintf("`InvalidateMany`, %d deps: %s live halfway, less deps and receipts", n, mebibytes(m.live))
	}
	return []table.Row{
		{
			What:       fmt.Sprintf("`InvalidateMany`, %d deps: %d failures", many, large.failed),
			Against:    "none",
			Result:     float64(large.failed),
			Difference: true,
			Goal:       table.AtMost(0),
		},
		{
			What:    name(many, large),
			Against: name(few, small),
			Result:  float64(large.live) / float64(small.live),
			Goal:    table.AtMost(flat),
		},
	}, nil
}

// halfway is what one call of InvalidateMany holds when half of its deps are done.
type halfway struct {
	live   int64 // bytes on the heap, client and server, without the deps and the receipts
	failed int
}

func invalidateHalfway(ctx context.Context, n int) (halfway, error) {
	var (
		calls atomic.Int64
		peak  int64
	)
	url, stop, err := serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == int64(n/2) {
			peak = liveHeap()
		}
		receipts(w, r)
	}))
	if err != nil {
		return halfway{}, err
	}
	defer stop()
	client, err := cachecore.New(url, "token")
	if err != nil {
		return halfway{}, err
	}
	deps := contracts(n)
	before := liveHeap()
	results := client.InvalidateMany(ctx, deps...)
	client.Transport().CloseIdleConnections()
	if err := client.Close(ctx); err != nil {
		return halfway{}, err
	}
	stop() // and so the handler's write of peak is over
	runtime.KeepAlive(deps)
	size := int64(n) * int64(unsafe.Sizeof(cachecore.InvalidateResult{}))
	return halfway{live: peak - before - size, failed: countFailed(results)}, nil
}

// liveHeap returns the bytes on the heap that are still in use.
func liveHeap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // far from the limit
}

func mebibytes(n int64) string { return fmt.Sprintf("%.3g MiB", float64(n)/(1<<20)) }
