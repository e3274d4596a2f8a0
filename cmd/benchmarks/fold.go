package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/cachecore"
)

const (
	latency    = 20 * time.Millisecond // of a gateway
	writeEvery = time.Millisecond
)

// fold counts the POSTs of a table whose documents change all the time, in
// front of a gateway that takes some time to answer. A client that sends one
// POST after the other needs at most elapsed/latency + 1.
func fold(ctx context.Context, b *bench) (table.Row, error) {
	var posts atomic.Int64
	url, stop, err := serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a client that disconnects gets an error itself
		if strings.Contains(string(body), "table:docs") {
			posts.Add(1)
		}
		time.Sleep(latency)
		receipts(w, r)
	}))
	if err != nil {
		return table.Row{}, err
	}
	defer stop()
	client, err := cachecore.New(url, "token")
	if err != nil {
		return table.Row{}, err
	}
	n := b.pick(5000, 200)
	docs := contracts(n)
	begun := time.Now()
	failed := writeAll(ctx, client, docs)
	elapsed := time.Since(begun)
	if err := client.Close(ctx); err != nil {
		return table.Row{}, err
	}
	if failed > 0 {
		return table.Row{}, fmt.Errorf("%d of %d writes were not invalidated", failed, n)
	}
	most := elapsed.Seconds()/latency.Seconds() + 1
	return table.Row{
		What:    fmt.Sprintf("%.0f writes a second of one table: %d POSTs of the table", float64(n)/elapsed.Seconds(), posts.Load()),
		Against: fmt.Sprintf("one POST after the other in %s, of %s each: %.0f", short(elapsed), latency, most),
		Result:  stats.Exact(float64(posts.Load()) / most),
		Goal:    table.AtMost(1),
	}, nil
}

// writeAll invalidates the documents, one each millisecond, with their table. It
// returns the number of failures.
func writeAll(ctx context.Context, client *cachecore.Client, docs []cachecore.Dep) int {
	docsTable := cachecore.NewDep("table:docs")
	var calls sync.WaitGroup
	var failed atomic.Int64
	ticks := time.NewTicker(writeEvery)
	defer ticks.Stop()
	begun := time.Now()
	for i, doc := range docs {
		for time.Since(begun) < time.Duration(i)*writeEvery { // a late tick lets several through
			<-ticks.C
		}
		calls.Go(func() {
			if client.Invalidate(ctx, doc.PartOf(docsTable)) != nil {
				failed.Add(1)
			}
		})
	}
	calls.Wait()
	return int(failed.Load())
}
