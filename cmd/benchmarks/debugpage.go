package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

// measurePage compares hits of depgen gateway --ui while its page is open with
// hits while it is closed.
func measurePage(ctx context.Context, b *bench, depgen string) (table.Row, error) {
	closed, _, stop, err := startHits(ctx, depgen, "--ui")
	if err != nil {
		return table.Row{}, err
	}
	defer stop()
	n := b.pick(20_000, 500)
	open := &load{addr: closed.addr, request: closed.request, cache: closed.cache}
	withPage := func(ctx context.Context) (time.Duration, error) {
		closePage, err := openPage(ctx, "http://"+closed.addr)
		if err != nil {
			return 0, err
		}
		defer closePage()
		return open.measure(n)(ctx)
	}
	if _, err := stats.Interleave(ctx, b.pick(9, 1), withPage, closed.measure(n)); err != nil {
		return table.Row{}, err
	}
	const name = "`depgen gateway --ui`, hits, 99th percentile"
	return timed(name+", the page open", open.p99[1:], name+", the page closed", closed.p99[1:], table.AtMost(1.3)), nil
}

// openPage reads the events of the debug page, as an open browser does, until
// the returned function is called.
func openPage(ctx context.Context, url string) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/debug/events", nil)
	if err != nil {
		cancel()
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req) //nolint:bodyclose // stop closes it
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open the debug page: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		cancel()
		return nil, fmt.Errorf("open the debug page: %s", resp.Status)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(io.Discard, resp.Body) // it ends by cancel
	}()
	return func() {
		cancel()
		<-read
		resp.Body.Close()
	}, nil
}
