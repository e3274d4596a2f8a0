package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/cachecore"
)

// flat is the goal for memory that must not grow with the number of deps.
const flat = 1.1

// looks is the number of measurements in one run.
const looks = 9

func invalidateMemory(ctx context.Context, b *bench) ([]table.Row, error) {
	few, many := b.pick(1000, 200), b.pick(100_000, 2000)
	small, err := heldMeanwhile(ctx, few, b.pick(5, 1))
	if err != nil {
		return nil, err
	}
	large, err := heldMeanwhile(ctx, many, 1)
	if err != nil {
		return nil, err
	}
	name := func(n int, held int64) string {
		return fmt.Sprintf("`InvalidateMany`, %d deps: %s on the heap", n, mebibytes(held))
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
			What:    name(many, large.bytes),
			Against: name(few, small.bytes),
			Result:  float64(large.bytes) / float64(small.bytes),
			Goal:    table.AtMost(flat),
		},
	}, nil
}

// held is the memory that InvalidateMany uses while it runs.
type held struct {
	bytes  int64 // in use on the heap by client and server, without deps and receipts; the median of all looks
	failed int
}

func heldMeanwhile(ctx context.Context, n, runs int) (held, error) {
	var all []int64
	failed := 0
	for range runs {
		bytes, failures, err := look(ctx, n)
		if err != nil {
			return held{}, err
		}
		all = append(all, bytes...)
		failed += failures
	}
	slices.Sort(all)
	return held{all[len(all)/2], failed}, nil
}

// look invalidates n deps and returns the number of bytes in use at several
// moments in between.
func look(ctx context.Context, n int) (bytes []int64, failed int, err error) {
	var calls atomic.Int64
	var looking sync.RWMutex
	url, stop, err := serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if call := int(calls.Add(1)); call%(n/(looks+1)) == 0 && call < n {
			looking.Lock() // soon every worker waits for its answer
			bytes = append(bytes, liveHeap())
			looking.Unlock()
		}
		looking.RLock()
		defer looking.RUnlock()
		receipts(w, r)
	}))
	if err != nil {
		return nil, 0, err
	}
	defer stop()
	client, err := cachecore.New(url, "token")
	if err != nil {
		return nil, 0, err
	}
	deps := contracts(n)
	before := liveHeap()
	results := client.InvalidateMany(ctx, deps...)
	if err := client.Close(ctx); err != nil {
		return nil, 0, err
	}
	stop() // waits for all handlers
	runtime.KeepAlive(deps)
	own := before + int64(n)*int64(unsafe.Sizeof(cachecore.InvalidateResult{}))
	for i := range bytes {
		bytes[i] -= own
	}
	return bytes, countFailed(results), nil
}

// liveHeap returns the bytes on the heap that are still in use.
func liveHeap() int64 {
	runtime.GC() // again, because allocations during the first collection count as used
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // far from the limit
}

func mebibytes(n int64) string { return fmt.Sprintf("%.3g MiB", float64(n)/(1<<20)) }
