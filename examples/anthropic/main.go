// Anthropic runs an assistant with Anthropic's own SDK. The local gateway
// speaks only chat completions, so the example includes a small gateway for
// Anthropic's API.
//
//	go run ./examples/anthropic
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/depgen/depgen/examples/anthropic/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "anthropic:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	prices := &list{prices: map[string]string{"A-1": "12 €", "B-2": "30 €"}}
	server := httptest.NewServer(newStandIn(prices.answer))
	defer server.Close()
	client, err := cachecore.New(server.URL, "token")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close(context.WithoutCancel(ctx))) }()
	ctx = cachecore.WithInvalidator(ctx, client)

	llm := anthropic.NewClient(
		option.WithBaseURL(server.URL), // without /v1: the SDK adds it
		option.WithHTTPClient(client.HTTPClient()),
		option.WithAPIKey("the gateway holds the real one"),
	)
	for _, sku := range []string{"A-1", "B-2", "A-1"} {
		if err := ask(ctx, out, llm, sku); err != nil {
			return err
		}
	}
	if err := prices.change(ctx, "A-1", "14 €"); err != nil {
		return err
	}
	fmt.Fprintln(out, "the price of A-1 has changed")
	return errors.Join(ask(ctx, out, llm, "B-2"), ask(ctx, out, llm, "A-1"))
}

// ask prints the cache status and the answer.
func ask(ctx context.Context, out io.Writer, llm anthropic.Client, sku string) error {
	ctx, call := cachecore.WithCall(cachecore.WithDeps(ctx, deps.DepPrice(sku)))
	answer, err := llm.Messages.New(ctx, anthropic.MessageNewParams{
		Model:     "claude-sonnet-4-5",
		MaxTokens: 1000,
		System:    []anthropic.TextBlockParam{{Text: "Answer in one sentence. " + cachecore.Scope(ctx)}},
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("What does " + sku + " cost?"))},
	})
	if err != nil {
		return err
	}
	for _, block := range answer.Content {
		fmt.Fprintf(out, "%-6s %s\n", call.Status(), block.Text)
	}
	return nil
}
