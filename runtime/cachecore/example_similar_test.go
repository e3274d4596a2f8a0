package cachecore_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/depgen/depgen/runtime/cachecore"
)

func ExampleScope() {
	ctx := cachecore.Track(context.Background())
	cachecore.Use(ctx, cachecore.NewDep("doc:contract-123")) // a data layer reports its reads

	fmt.Println("Answer in one sentence.\n" + cachecore.Scope(ctx))
	fmt.Println("Answer in one sentence.\n" + cachecore.Scope(ctx, "notice period"))
	// Output:
	// Answer in one sentence.
	// [cache scope 8pbpy6dathhbz5vq]
	// Answer in one sentence.
	// [cache scope zgchcemtq2jh183b]
}

func ExampleExactOnly() {
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		if req.Header.Get("X-Cachecore-Token") == "" {
			w.Header().Set("X-Cache", "BYPASS")
			return
		}
		w.Header().Set("X-Cache", "HIT_L2")
	}))
	defer gateway.Close()
	client, err := cachecore.New(gateway.URL, "token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(context.Background()) }()

	ctx, call := cachecore.WithCall(cachecore.ExactOnly(context.Background()))
	if err := complete(ctx, client.HTTPClient(), gateway.URL); err != nil {
		fmt.Println(err)
	}
	for _, status := range call.Statuses() {
		fmt.Println(status, status.Refused)
	}
	// Output:
	// HIT_L2 true
	// BYPASS false
}
