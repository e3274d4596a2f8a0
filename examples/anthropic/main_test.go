package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"
	"go.uber.org/goleak"

	"github.com/depgen/depgen/examples/anthropic/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAskHasTheScopeOfItsPrice(t *testing.T) {
	t.Parallel()
	var body string
	server := httptest.NewServer(newStandIn(func(question string) string {
		body = question
		return "12 €"
	}))
	defer server.Close()
	client, err := cachecore.New(server.URL, "token")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	llm := anthropic.NewClient(option.WithBaseURL(server.URL), option.WithHTTPClient(client.HTTPClient()), option.WithAPIKey("test"))
	for _, sku := range []string{"A-1", "B-2"} {
		if err := ask(t.Context(), io.Discard, llm, sku); err != nil {
			t.Fatal(err)
		}
		if scope := cachecore.Scope(cachecore.WithDeps(t.Context(), deps.DepPrice(sku))); !strings.Contains(body, scope+`"`) {
			t.Errorf("no message ends with %s: %s", scope, body)
		}
	}
}

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// MISS   A-1 costs 12 €.
	// MISS   B-2 costs 30 €.
	// HIT_L1 A-1 costs 12 €.
	// the price of A-1 has changed
	// HIT_L1 B-2 costs 30 €.
	// MISS   A-1 costs 14 €.
}
