package cachecoretest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

// rename is code under test: it changes a document and invalidates it.
func rename(ctx context.Context, id string) error {
	return cachecore.Invalidate(ctx, cachecore.NewDep("doc:"+id))
}

func ExampleRecorder() {
	test := func(tb testing.TB) {
		tb.Helper()
		rec := cachecoretest.NewRecorder(tb)
		if err := rename(cachecore.WithInvalidator(tb.Context(), rec), "contract-123"); err != nil {
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
			ctx, call := cachecore.WithCall(cachecore.WithDeps(tb.Context(), cachecore.NewDep("doc:contract-123")))
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
			fmt.Println(call.Status())
		}
		ask()
		ask()
		if err := rename(cachecore.WithInvalidator(tb.Context(), client), "contract-123"); err != nil {
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

// A test that checks how tenants share answers mints its own tokens.
func ExampleSecret() {
	test := func(tb testing.TB) {
		tb.Helper()
		gateway := cachecoretest.NewGateway(tb)
		token, err := devgateway.Mint([]byte(cachecoretest.Secret), devgateway.Claims{Tenant: "acme"})
		if err != nil {
			tb.Fatal(err)
		}
		client, err := cachecore.New(gateway.URL(), token)
		if err != nil {
			tb.Fatal(err)
		}
		if err := rename(cachecore.WithInvalidator(tb.Context(), client), "contract-123"); err != nil {
			tb.Fatal(err)
		}
		for _, i := range gateway.Invalidations() {
			fmt.Println(i.Tenant, i.DepID)
		}
		if err := client.Close(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
	run(test)
	// Output: acme doc:contract-123
}

// Code that takes a RoundTripper is given the transport instead of the client.
func ExampleRecorder_Transport() {
	test := func(tb testing.TB) {
		tb.Helper()
		rec := cachecoretest.NewRecorder(tb)
		client := &http.Client{Transport: rec.Transport(), Timeout: time.Minute}

		ctx := cachecore.WithDeps(tb.Context(), cachecore.NewDep("doc:contract-123"))
		body := strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"What notice?"}]}`)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://llm.example.com/v1/chat/completions", body)
		if err != nil {
			tb.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			tb.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			tb.Fatal(err)
		}
		rec.RequireTagged(cachecore.NewDep("doc:contract-123"))
		for _, r := range rec.Requests() {
			fmt.Println(r.URL, r.Deps)
		}
	}
	run(test)
	// Output: https://llm.example.com/v1/chat/completions [doc:contract-123]
}

// example takes the place of the *testing.T that a test has.
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
