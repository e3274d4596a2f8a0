package cachecore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/depgen/depgen/runtime/cachecore"
)

// exampleGateway acts as a gateway that keeps one answer until doc:1 is
// invalidated, and accepts one token.
func exampleGateway() *httptest.Server {
	var mu sync.Mutex
	cached := false
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		tenant := req.Header.Get("Authorization") == "Bearer token" || req.Header.Get("X-Cachecore-Token") == "token"
		body, _ := io.ReadAll(req.Body)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case req.URL.Path == "/v1/invalidate" && !tenant:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":{"message":"token expired"}}`)
		case req.URL.Path == "/v1/invalidate" && cached && strings.Contains(string(body), `"doc:1"`):
			cached = false
			_, _ = io.WriteString(w, `{"ok":true,"keys_deleted":1}`)
		case req.URL.Path == "/v1/invalidate":
			_, _ = io.WriteString(w, `{"ok":true,"keys_deleted":0}`)
		case !tenant:
			w.Header().Set("X-Cache", "BYPASS")
		case cached:
			w.Header().Set("X-Cache", "HIT_L1")
			w.Header().Set("X-Cache-Age", "3")
		default:
			cached = true
			w.Header().Set("X-Cache", "MISS")
		}
	}))
}

// complete sends a request as an SDK does with the http.Client that it is
// given.
func complete(ctx context.Context, c *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func Example() {
	gateway := exampleGateway()
	defer gateway.Close()
	ctx := context.Background()

	client, err := cachecore.New(gateway.URL, "token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(ctx) }() // waits for invalidations in progress
	llm := client.HTTPClient()               // goes into any SDK

	doc := cachecore.NewDep("doc:1") // generated code has DepDoc("1")
	for range 2 {
		ctx, call := cachecore.WithCall(cachecore.WithDeps(ctx, doc))
		if err := complete(ctx, llm, gateway.URL); err != nil {
			fmt.Println(err)
		}
		fmt.Println(call.Status())
	}

	// The document changes.
	if err := client.Invalidate(ctx, doc); err != nil {
		fmt.Println(err)
	}
	ctx, call := cachecore.WithCall(cachecore.WithDeps(ctx, doc))
	if err := complete(ctx, llm, gateway.URL); err != nil {
		fmt.Println(err)
	}
	fmt.Println(call.Status())
	// Output:
	// MISS
	// HIT_L1
	// MISS
}

func ExampleWithCall() {
	gateway := exampleGateway()
	defer gateway.Close()
	client, err := cachecore.New(gateway.URL, "token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(context.Background()) }()

	// A chain of two requests, behind an SDK that hides their headers.
	ctx, call := cachecore.WithCall(cachecore.WithDeps(context.Background(), cachecore.NewDep("doc:1")))
	for range 2 {
		if err := complete(ctx, client.HTTPClient(), gateway.URL); err != nil {
			fmt.Println(err)
		}
	}
	for _, s := range call.Statuses() {
		fmt.Println(s.Status, s.Age, s.Hit())
	}
	// Output:
	// MISS 0s false
	// HIT_L1 3s true
}

func ExampleWithBypass() {
	gateway := exampleGateway()
	defer gateway.Close()
	client, err := cachecore.New(gateway.URL, "token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(context.Background()) }()

	ctx, call := cachecore.WithCall(cachecore.WithDeps(context.Background(), cachecore.NewDep("doc:1")))
	if err := complete(cachecore.WithBypass(ctx), client.HTTPClient(), gateway.URL); err != nil {
		fmt.Println(err)
	}
	fmt.Println(call.Status())
	// Output: BYPASS
}

func ExampleTrack() {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		fmt.Println(idsInHeader(req.Header))
	}))
	defer server.Close()
	client, err := cachecore.New(server.URL, "token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(context.Background()) }()

	// A function that reads data records it, and need not know its caller.
	loadDoc := func(ctx context.Context, id string) string {
		cachecore.Use(ctx, cachecore.NewDep("doc:"+id)) // generated code has UseDoc(ctx, id)
		return "text of " + id
	}
	ctx := cachecore.Track(context.Background())
	_ = loadDoc(ctx, "1") + loadDoc(ctx, "2")
	if err := complete(ctx, client.HTTPClient(), server.URL); err != nil {
		fmt.Println(err)
	}
	// Output: [doc:1 doc:2]
}

// printer is an invalidator that prints.
type printer struct{}

func (printer) Invalidate(_ context.Context, deps ...cachecore.Dep) error {
	fmt.Println("invalidated", deps)
	return nil
}

func ExampleBatch() {
	var client printer // a *Client in a program
	ctx := cachecore.WithInvalidator(context.Background(), client)

	inTransaction := func(commit bool) error {
		batch := cachecore.NewBatch()
		tx := cachecore.WithInvalidator(ctx, batch)
		// Code that changes data calls the generated InvalidateDoc(tx, "1").
		if err := cachecore.Invalidate(tx, cachecore.NewDep("doc:1"), cachecore.NewDep("doc:1")); err != nil {
			return err
		}
		if !commit {
			return errors.New("rolled back") // and the batch is dropped
		}
		return batch.Flush(ctx)
	}
	fmt.Println(inTransaction(false))
	fmt.Println(inTransaction(true))
	// Output:
	// rolled back
	// invalidated [doc:1]
	// <nil>
}

func ExampleClient_InvalidateMany() {
	gateway := exampleGateway()
	defer gateway.Close()
	client, err := cachecore.New(gateway.URL, "token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(context.Background()) }()
	doc := cachecore.NewDep("doc:1").PartOf(cachecore.NewDep("table:docs"))
	if err := complete(cachecore.WithDeps(context.Background(), doc), client.HTTPClient(), gateway.URL); err != nil {
		fmt.Println(err)
	}

	for _, r := range client.InvalidateMany(context.Background(), doc, cachecore.NewDep("doc:")) {
		fmt.Println(r.Dep, r.KeysDeleted, r.Attempts, r.Err)
	}
	// Output:
	// doc:1 1 1 <nil>
	// table:docs 0 1 <nil>
	// doc: 0 0 cachecore: invalidate "doc:": dep "doc:" has an empty id; give it the id of the data
}

func ExampleAuthError() {
	gateway := exampleGateway()
	defer gateway.Close()
	client, err := cachecore.New(gateway.URL, "old-token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(context.Background()) }()

	err = client.Invalidate(context.Background(), cachecore.NewDep("doc:1"))
	var auth *cachecore.AuthError
	var answer *cachecore.Error
	fmt.Println(errors.As(err, &auth), errors.As(err, &answer))
	fmt.Println(answer.StatusCode, answer.Message)
	fmt.Println(err)
	// Output:
	// true true
	// 401 token expired
	// cachecore: invalidate "doc:1": gateway answered 401 Unauthorized: token expired (check the token and its expiry)
}

func ExampleParseStatus() {
	h := http.Header{}
	h.Set("X-Cache", "HIT_L2")
	h.Set("X-Cache-Similarity", "0.93")
	h.Set("X-Cache-Age", "12")
	s := cachecore.ParseStatus(h)
	fmt.Println(s.Status, s.Similarity, s.Age)
	// Output: HIT_L2 0.93 12s
}

func ExampleNewCompositeDep() {
	fmt.Println(cachecore.NewCompositeDep("note", "ann/bob", "7"))
	// Output: note:ann%2Fbob/7
}

func ExampleDep_GroupedBy() {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		fmt.Println(idsInHeader(req.Header))
	}))
	defer server.Close()
	client, err := cachecore.New(server.URL, "token")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close(context.Background()) }()

	// Invalidating the tenant drops the answers made from any of its users.
	user := cachecore.NewDep("user:7").GroupedBy(cachecore.NewDep("tenant:1"))
	if err := complete(cachecore.WithDeps(context.Background(), user), client.HTTPClient(), server.URL); err != nil {
		fmt.Println(err)
	}
	// Output: [user:7 tenant:1]
}
