package devgateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/depgen/depgen/runtime/devgateway"
)

func Example() {
	secret := []byte("dev-secret-change-me-32bytes-ok!")
	gateway, err := devgateway.New(devgateway.WithSecret(secret))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer gateway.Close(context.Background())
	server := httptest.NewServer(gateway)
	defer server.Close()
	token, err := devgateway.Mint(secret, devgateway.Claims{Tenant: "acme"})
	if err != nil {
		fmt.Println(err)
		return
	}

	post := func(path, body string) {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		// The base64url of [{"dep_id":"doc:42"}].
		req.Header.Set("X-Cachecore-Deps", "W3siZGVwX2lkIjoiZG9jOjQyIn1d")
		resp, err := server.Client().Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		if status := resp.Header.Get("X-Cache"); status != "" {
			_, text, _ := strings.Cut(string(answer), `"content":`)
			text, _, _ = strings.Cut(text, ",")
			fmt.Println(status, text)
		} else {
			fmt.Println(string(answer))
		}
	}

	ask := `{"model":"m","messages":[{"role":"user","content":"What does contract 42 say?"}]}`
	post("/v1/chat/completions", ask)
	post("/v1/chat/completions", ask)
	post("/v1/invalidate", `{"dep_id":"doc:42"}`)
	post("/v1/chat/completions", ask)
	// Output:
	// MISS "#1 What does contract 42 say?"
	// HIT_L1 "#1 What does contract 42 say?"
	// {"ok":true,"dep_id":"doc:42","keys_deleted":1}
	// MISS "#2 What does contract 42 say?"
}

func ExampleMint() {
	token, err := devgateway.Mint([]byte("dev-secret-change-me-32bytes-ok!"), devgateway.Claims{
		Tenant: "acme",
		Roles:  []string{"reader"},
	})
	fmt.Println(strings.HasPrefix(token, "cc_live_"), strings.Count(token, "."), err)
	// Output: true 3 <nil>
}

func ExampleForward() {
	upstream, err := devgateway.Forward("https://api.openai.com/v1", "sk-…", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	gateway, err := devgateway.New(devgateway.WithSecret([]byte("dev-secret-change-me-32bytes-ok!")), devgateway.WithUpstream(upstream))
	fmt.Println(gateway != nil, err)
	// Output: true <nil>
}

func ExampleWithSimilar() {
	secret := []byte("dev-secret-change-me-32bytes-ok!")
	gateway, err := devgateway.New(devgateway.WithSecret(secret), devgateway.WithSimilar(devgateway.Lexical(), 0.92))
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := devgateway.Mint(secret, devgateway.Claims{Tenant: "acme"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, question := range []string{
		"What notice does contract-1 need?",
		"What notice does contract-2 need?", // gets the answer about contract-1
		"Which law governs contract-1?",
	} {
		body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":%q}]}`, question)
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Cachecore-Token", token)
		w := httptest.NewRecorder()
		gateway.ServeHTTP(w, r)
		fmt.Println(w.Header().Get("X-Cache"), w.Header().Get("X-Cache-Similarity"))
	}
	// Output:
	// MISS 0.00
	// HIT_L2 1.00
	// MISS 0.00
}
