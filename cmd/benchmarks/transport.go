package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
	"github.com/depgen/depgen/runtime/cachecore"
)

const (
	someDeps, manyDeps = 1, 50
	recordedDeps       = 1000
)

// atOnce is a base transport that takes no time, so that only the work above it
// is measured. Its answers are hits with a body, which a transport may replace.
type atOnce struct {
	header http.Header
	body   io.ReadCloser
}

func (a atOnce) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: a.header, Body: a.body, ContentLength: -1}, nil
}

// headerCopy does the least work that a transport can do to add headers and
// keep the rules of http.RoundTripper.
type headerCopy struct {
	base  http.RoundTripper
	extra http.Header
}

func (h headerCopy) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	maps.Copy(out.Header, h.extra)
	return h.base.RoundTrip(out)
}

func measureTransport(ctx context.Context, b *bench) ([]table.Row, error) {
	base := atOnce{http.Header{"X-Cache": {"HIT_L1"}}, io.NopCloser(strings.NewReader(""))}
	client, err := cachecore.New("http://gateway.test", "token", cachecore.WithBaseTransport(base), cachecore.WithHeaderBudget(1<<20))
	if err != nil {
		return nil, err
	}
	ours := client.Transport()
	bare := headerCopy{base, http.Header{"X-Cachecore-Token": {"token"}, "X-Cachecore-Deps": {"W10"}}}
	plain, err := llmRequest(ctx)
	if err != nil {
		return nil, err
	}
	deps := contracts(manyDeps)
	some := plain.WithContext(cachecore.WithDeps(ctx, contracts(someDeps)...))
	many := plain.WithContext(cachecore.WithDeps(ctx, deps...))
	one := plain.WithContext(tracked(ctx, 1))
	all := plain.WithContext(tracked(ctx, b.pick(recordedDeps, 10)))
	headers, byHand := plain.Clone(ctx), handmade(deps)

	n := b.pick(10_000, 500)
	sendSome := perCall(n, func() error { return send(ours, some) })
	sendMany := perCall(n, func() error { return send(ours, many) })
	got, err := stats.Interleave(ctx, b.pick(100, 2),
		sendSome,
		sendMany,
		perCall(n, func() error { return send(bare, plain) }),
		perCall(n, func() error { return send(ours, one) }),
		perCall(n, func() error { return send(ours, all) }),
		perCall(n, func() error { cachecore.WithDeps(ctx, deps...); return nil }),
		perCall(n, func() error { return setDeps(headers, byHand) }),
	)
	if err != nil {
		return nil, err
	}
	rows := []table.Row{
		timed("`RoundTrip`, 50 deps", got[1], "`RoundTrip`, 1 dep", got[0], table.AtMost(1.3)),
		addedAllocations(ours, base, many),
		timed(fmt.Sprintf("`RoundTrip` under `Track` and `WithDeps`, %d recorded deps", recordedDeps), got[4], "the same, 1 recorded dep", got[3], table.AtMost(1.3)),
		timed("`WithDeps`, 50 deps", got[5], "the same header with encoding/json and encoding/base64", got[6], table.AtMost(2)),
		timed("`RoundTrip`, 50 deps", got[1], "a RoundTripper that copies the request and sets two headers", got[2], table.Goal{}),
	}
	declareAndSend := perCall(n, func() error { return send(ours, plain.WithContext(cachecore.WithDeps(ctx, deps...))) })
	vendor, err := transportBesidePython(ctx, b, sendSome, sendMany, declareAndSend)
	return append(rows, vendor...), err
}

// transportBesidePython compares three measures with the vendor's client.
func transportBesidePython(ctx context.Context, b *bench, sendSome, sendMany, declareAndSend stats.Measure) ([]table.Row, error) {
	python, err := b.python(ctx)
	if err != nil {
		return nil, err
	}
	n := b.pick(5000, 50)
	vendors := func(where string, deps int) stats.Measure {
		return script{python: python, name: "transport.py", args: []any{where, deps, n}}.measure
	}
	got, err := stats.Interleave(ctx, b.pick(20, 2), sendSome, sendMany, declareAndSend,
		vendors("outside", someDeps), vendors("outside", manyDeps), vendors("inside", manyDeps))
	if err != nil {
		return nil, err
	}
	return []table.Row{
		timed("`RoundTrip`, 1 dep", got[0], pythonClient+", its transport, 1 dep", got[3], table.Goal{}),
		timed("`RoundTrip`, 50 deps", got[1], pythonClient+", its transport, 50 deps", got[4], table.Goal{}),
		timed("`WithDeps` and `RoundTrip`, 50 deps", got[2], pythonClient+", `request_context` and its transport, 50 deps", got[5], table.Goal{}),
	}, nil
}

// tracked returns a context that declares one dep and has recorded n others.
func tracked(ctx context.Context, n int) context.Context {
	ctx = cachecore.Track(ctx)
	for _, d := range contracts(n) {
		cachecore.Use(ctx, d)
	}
	return cachecore.WithDeps(ctx, cachecore.NewDep("doc:declared"))
}

// addedAllocations compares a tagged request with the copy that
// http.RoundTripper requires.
func addedAllocations(rt, base http.RoundTripper, req *http.Request) table.Row {
	count := func(f func()) float64 { return testing.AllocsPerRun(1000, f) }
	whole := count(func() { _ = send(rt, req) }) // an error would have failed the timing
	least := count(func() { _ = send(base, req.Clone(req.Context())) })
	return table.Row{
		What:       fmt.Sprintf("`RoundTrip`, 50 deps: %.0f allocations", whole),
		Against:    fmt.Sprintf("`Request.Clone` and the base transport: %.0f allocations", least),
		Result:     stats.Exact(whole - least),
		Difference: true,
		Goal:       table.AtMost(2),
	}
}

func send(rt http.RoundTripper, req *http.Request) error {
	_, err := rt.RoundTrip(req) //nolint:bodyclose // the answer has no body
	return err
}

// perCall measures the average of n calls of f in a row.
func perCall(n int, f func() error) stats.Measure {
	return func(context.Context) (time.Duration, error) {
		begun := time.Now()
		for range n {
			if err := f(); err != nil {
				return 0, err
			}
		}
		return time.Since(begun) / time.Duration(n), nil
	}
}

// llmRequest returns a request with as many headers as the SDKs send.
func llmRequest(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/v1/chat/completions", http.NoBody)
	if err != nil {
		return nil, err
	}
	for i := range 11 {
		req.Header.Set(fmt.Sprintf("X-Header-%d", i), "value")
	}
	return req, nil
}

func contracts(n int) []cachecore.Dep {
	deps := make([]cachecore.Dep, n)
	for i := range deps {
		deps[i] = cachecore.NewDep(fmt.Sprintf("doc:contract-%04d", i))
	}
	return deps
}
