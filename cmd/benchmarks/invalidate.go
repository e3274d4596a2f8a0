package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/cachecore"
)

const (
	workers   = 64 // the client's default
	semaphore = 20 // as many connections as httpx keeps open
)

// receipts is a gateway that confirms every invalidation without any work.
func receipts(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a client that disconnects gets an error itself
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"ok":true,"dep_id":"doc:contract-0001","keys_deleted":0}`)
}

func measureInvalidate(ctx context.Context, b *bench) ([]table.Row, error) {
	python, err := b.python(ctx)
	if err != nil {
		return nil, err
	}
	url, stop, err := serve(ctx, http.HandlerFunc(receipts))
	if err != nil {
		return nil, err
	}
	defer stop()

	rows, err := beside(ctx, b, url)
	if err != nil {
		return nil, err
	}
	open, err := besideOpen(ctx, b, url)
	if err != nil {
		return nil, err
	}
	folded, err := fold(ctx, b)
	if err != nil {
		return nil, err
	}
	rows = append(rows, open, folded)
	vendor, err := besidePython(ctx, b, python, url)
	if err != nil {
		return nil, err
	}
	memory, err := invalidateMemory(ctx, b)
	if err != nil {
		return nil, err
	}
	return append(append(rows, vendor...), memory...), nil
}

// beside compares the client with a loop that only sends.
func beside(ctx context.Context, b *bench, url string) ([]table.Row, error) {
	var rows []table.Row
	for _, size := range []struct{ deps, rounds int }{{b.pick(1000, 100), b.pick(100, 2)}, {b.pick(10_000, 1000), b.pick(20, 2)}} {
		n := size.deps
		got, err := stats.Interleave(ctx, size.rounds, invalidations(url, n), bareLoop(url, n))
		if err != nil {
			return nil, err
		}
		rows = append(rows, timed(fmt.Sprintf("`InvalidateMany`, %d deps", n), got[0],
			fmt.Sprintf("%d POSTs by %d workers with net/http", n, workers), got[1], table.AtMost(1.2)))
	}
	return rows, nil
}

// besideOpen measures how much the client's open LLM requests slow down
// its invalidations.
func besideOpen(ctx context.Context, b *bench, url string) (table.Row, error) {
	n, open := b.pick(5000, 100), b.pick(4000, 100)
	got, err := stats.Interleave(ctx, b.pick(20, 2), invalidationsBeside(url, n, open), invalidationsBeside(url, n, 0))
	if err != nil {
		return table.Row{}, err
	}
	name := fmt.Sprintf("`InvalidateMany`, %d deps, beside ", n)
	return timed(fmt.Sprintf("%s%d open requests of other deps", name, open), got[0], name+"none", got[1], table.AtMost(1.2)), nil
}

// answering answers LLM requests itself. The bodies of its answers never end.
type answering struct{ http.RoundTripper }

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == "/v1/invalidate" {
		return a.RoundTripper.RoundTrip(req)
	}
	more, _ := io.Pipe()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Cache": {"MISS"}}, Body: more, ContentLength: -1}, nil
}

// invalidationsBeside measures a client that has opened its connections and the
// given number of LLM requests.
func invalidationsBeside(url string, n, open int) stats.Measure {
	deps := contracts(n)
	return func(ctx context.Context) (time.Duration, error) {
		base := &http.Transport{MaxIdleConnsPerHost: workers}
		defer base.CloseIdleConnections()
		client, err := cachecore.New(url, "token", cachecore.WithBaseTransport(answering{base}))
		if err != nil {
			return 0, err
		}
		defer func() { _ = client.Close(ctx) }() // all calls have returned
		for i := range open {
			dep := cachecore.NewDep(fmt.Sprintf("note:%d", i))
			req, err := http.NewRequestWithContext(cachecore.WithDeps(ctx, dep), http.MethodPost, url+"/v1/chat/completions", http.NoBody)
			if err != nil {
				return 0, err
			}
			resp, err := client.Transport().RoundTrip(req)
			if err != nil {
				return 0, err
			}
			defer func() { _ = resp.Body.Close() }()
		}
		client.InvalidateMany(ctx, deps[:workers]...)
		begun := time.Now()
		results := client.InvalidateMany(ctx, deps...)
		took := time.Since(begun)
		if failed := countFailed(results); failed > 0 {
			return 0, fmt.Errorf("%d of %d invalidations failed", failed, n)
		}
		return took, nil
	}
}

func besidePython(ctx context.Context, b *bench, python, url string) ([]table.Row, error) {
	n := b.pick(1000, 100)
	failed := 0
	got, err := stats.Interleave(ctx, b.pick(6, 1),
		invalidations(url, n),
		script{python: python, name: "invalidate.py", args: []any{url, n, 0}, failed: &failed}.measure,
		script{python: python, name: "invalidate.py", args: []any{url, n, semaphore}}.measure,
	)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("`InvalidateMany`, %d deps", n)
	published := fmt.Sprintf("%s, `invalidate_many` of %d", pythonClient, n)
	if failed > 0 {
		published += fmt.Sprintf(", %d failed in %d runs", failed, len(got[1])+1)
	}
	return []table.Row{
		timed(name, got[0], published, got[1], table.AtMost(1./100)),
		timed(name, got[0], fmt.Sprintf("%s, `invalidate` of %d behind a semaphore of %d", pythonClient, n, semaphore), got[2], table.AtMost(1./20)),
	}, nil
}

// invalidations measures a new client, including its connections.
func invalidations(url string, n int) stats.Measure {
	deps := contracts(n)
	return func(ctx context.Context) (time.Duration, error) {
		begun := time.Now()
		client, err := cachecore.New(url, "token")
		if err != nil {
			return 0, err
		}
		results := client.InvalidateMany(ctx, deps...)
		took := time.Since(begun)
		if err := client.Close(ctx); err != nil {
			return 0, err
		}
		if failed := countFailed(results); failed > 0 || len(results) != n {
			return 0, fmt.Errorf("%d of %d invalidations failed", failed, n)
		}
		return took, nil
	}
}

func countFailed(results []cachecore.InvalidateResult) int {
	failed := 0
	for _, r := range results {
		if r.Err != nil {
			failed++
		}
	}
	return failed
}
