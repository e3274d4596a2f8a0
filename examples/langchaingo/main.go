// Langchaingo prints a report over many contracts. The SDK hides response
// headers, so the context of each call reports whether its answer came from
// the cache.
//
//	go run ./examples/langchaingo
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/depgen/depgen/examples/internal/local"
	"github.com/depgen/depgen/examples/langchaingo/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "langchaingo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	contracts := &archive{texts: []string{"30 days' notice", "60 days' notice", "no notice"}}
	gateway, err := local.Start(contracts.model())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()
	ctx = cachecore.WithInvalidator(ctx, gateway.Client)

	llm, err := openai.New(
		openai.WithBaseURL(gateway.URL+"/v1"),
		openai.WithHTTPClient(gateway.Client.HTTPClient()),
		openai.WithToken("the gateway holds the real one"),
		openai.WithModel("gpt-4o"),
	)
	if err != nil {
		return err
	}
	for range 2 {
		if err := report(ctx, out, llm, len(contracts.texts)); err != nil {
			return err
		}
	}
	if err := contracts.change(ctx, 1, "90 days' notice"); err != nil {
		return err
	}
	fmt.Fprintln(out, "contract 1 has changed")
	return report(ctx, out, llm, len(contracts.texts))
}

// report asks about all contracts at once, and prints one line each.
func report(ctx context.Context, out io.Writer, llm llms.Model, contracts int) error {
	lines, errs := make([]string, contracts), make([]error, contracts)
	var group sync.WaitGroup
	for i := range contracts {
		group.Go(func() { lines[i], errs[i] = summary(ctx, llm, int64(i)) })
	}
	group.Wait()
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	return errors.Join(errs...)
}

// summary returns one contract's line: the cache status and the answer.
func summary(ctx context.Context, llm llms.Model, number int64) (string, error) {
	ctx, call := cachecore.WithCall(cachecore.WithDeps(ctx, deps.DepContract(number)))
	answer, err := llm.GenerateContent(ctx, []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "Answer in one sentence. "+cachecore.Scope(ctx)),
		llms.TextParts(llms.ChatMessageTypeHuman, fmt.Sprintf("Sum up contract %d", number)),
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%-6s %s", call.Status(), answer.Choices[0].Content), nil
}
