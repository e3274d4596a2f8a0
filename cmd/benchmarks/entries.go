package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"runtime"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/devgateway"
)

// measureEntries compares the memory of cached answers with the bytes of
// the answers.
func measureEntries(ctx context.Context, b *bench) (table.Row, error) {
	n := b.pick(100_000, 1000)
	gateway, err := devgateway.New(devgateway.WithSecret([]byte(secret)), devgateway.WithCacheBytes(math.MaxInt64))
	if err != nil {
		return table.Row{}, err
	}
	var answers int64
	before := liveHeap()
	for i := range n {
		req, err := completion(ctx, "", i)
		if err != nil {
			return table.Row{}, err
		}
		w := &counter{header: http.Header{}}
		gateway.ServeHTTP(w, req)
		if cache := w.header.Get("X-Cache"); cache != string(devgateway.Miss) {
			return table.Row{}, fmt.Errorf("request %d: X-Cache %q, want %q", i, cache, devgateway.Miss)
		}
		answers += w.bytes
	}
	live := liveHeap() - before
	runtime.KeepAlive(gateway)
	return table.Row{
		What:    fmt.Sprintf("local gateway, %d entries with two deps: %s", n, mebibytes(live)),
		Against: "their answers alone: " + mebibytes(answers),
		Result:  stats.Exact(float64(live) / float64(answers)),
	}, gateway.Close(ctx)
}

// counter is an [http.ResponseWriter] that counts the bytes written to it.
type counter struct {
	header http.Header
	bytes  int64
}

func (c *counter) Header() http.Header { return c.header }

func (c *counter) WriteHeader(int) {}

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}
