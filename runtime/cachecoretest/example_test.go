package cachecoretest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
)

// rename is code under test: it changes a document and invalidates it.
func rename(ctx context.Context, id string) error {
	return cachecore.Invalidate(ctx, cachecore.NewDep("doc:"+id))
}

func ExampleRecorder() {
	test := func(tb testing.TB) {
		tb.Helper()
		rec := cachecoretest.NewRecorder(tb)
		if err := rename(cachecore.NewContext(tb.Context(), rec), "contract-123"); err != nil {
			tb.Fatal(err)
		}
		rec.RequireInvalidated(cachecore.NewDep("doc:contract-123"))
		fmt.Println(rec.Invalidated())
	}
	run(test)
	// Output: [doc:contract-123]
}

func ExampleGateway() {
	test := func(tb testing.TB) {
		tb.Helper()
		gateway := cachecoretest.NewGateway(tb)
		gateway.Answer("30 days", "14 days")
		client := gateway.Client()
		ask := func() {
			ctx, call := cachecore.WithCall(tb.Context(), cachecore.NewDep("doc:contract-123"))
			body := strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"What notice?"}]}`)
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway.URL()+"/v1/chat/completions", body)
			if err != nil {
				tb.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.HTTPClient().Do(req)
			if err != nil {
				tb.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				tb.Fatal(err)
			}
			fmt.Println(call.Status().Status)
		}
		ask()
		ask()
		if err := rename(cachecore.NewContext(tb.Context(), client), "contract-123"); err != nil {
			tb.Fatal(err)
		}
		ask()
	}
	run(test)
	// Output:
	// MISS
	// HIT_L1
	// MISS
}

// example stands for the *testing.T that a test has.
type example struct {
	testing.TB

	cleanups []func()
}

func (*example) Helper()                  {}
func (e *example) Cleanup(f func())       { e.cleanups = append(e.cleanups, f) }
func (*example) Context() context.Context { return context.Background() }

// run runs test as the testing package does.
func run(test func(testing.TB)) {
	e := &example{}
	test(e)
	for _, f := range slices.Backward(e.cleanups) {
		f()
	}
}
