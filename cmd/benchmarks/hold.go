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

	"github.com/depgen/depgen/runtime/cachecore"
)

// looks is the number of measurements in one run.
const looks = 9

// held is the memory that InvalidateMany uses while it runs.
type held struct {
	// Bytes is the number in use on the heap by client and server, without deps
	// and receipts: the median of all looks.
	Bytes  int64 `json:"bytes"`
	Failed int   `json:"failed"`
}

// hold invalidates n deps and looks at the heap in between.
func hold(ctx context.Context, n int) (held, error) {
	if n <= looks {
		return held{}, fmt.Errorf("%d deps are too few to look %d times", n, looks)
	}
	var bytes []int64
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
		return held{}, err
	}
	defer stop()
	client, err := cachecore.New(url, "token")
	if err != nil {
		return held{}, err
	}
	deps := contracts(n)
	before := liveHeap()
	results := client.InvalidateMany(ctx, deps...)
	if err := client.Close(ctx); err != nil {
		return held{}, err
	}
	stop() // waits for all handlers
	runtime.KeepAlive(deps)
	own := before + int64(n)*int64(unsafe.Sizeof(cachecore.InvalidateResult{}))
	slices.Sort(bytes)
	return held{bytes[len(bytes)/2] - own, countFailed(results)}, nil
}

// liveHeap returns the bytes on the heap that are still in use.
func liveHeap() int64 {
	runtime.GC() // again, because allocations during the first collection count as used
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc) //nolint:gosec // far from the limit
}
