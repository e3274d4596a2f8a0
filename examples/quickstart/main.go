// Quickstart asks about contracts and changes them, in one process and without a
// network. It shows which answers come from the cache.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/depgen/depgen/examples/quickstart/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// ask answers a question about one contract. The answer is cached until that
// contract changes.
func (d *desk) ask(ctx context.Context, id string) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepContract(id))
	return d.complete(ctx, "What notice does this contract need? "+id)
}

// askAll answers a question about all contracts. The answer is cached until any
// of them changes.
func (d *desk) askAll(ctx context.Context) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepTable(deps.TableContracts))
	return d.complete(ctx, "Which contract needs the longest notice?")
}

// change writes a contract, and then drops the answers made from it.
func (d *desk) change(ctx context.Context, id, text string) error {
	d.contracts.put(id, text)
	return deps.InvalidateContract(ctx, id)
}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	contracts := newStore("contract-123", "30 days' notice", "contract-456", "60 days' notice")
	gateway, err := startGateway(ctx, contracts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.close()) }()

	// An application adds these lines to its start-up.
	client, err := cachecore.New(gateway.url, gateway.token)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err = errors.Join(err, client.Close(ctx))
	}()
	cachecore.SetDefault(client)
	d := &desk{contracts, openai.NewClient(
		option.WithBaseURL(gateway.url+"/v1"),
		option.WithHTTPClient(client.HTTPClient()),
		option.WithAPIKey("the gateway holds the real one"),
	)}

	one := func(ctx context.Context) (string, error) { return d.ask(ctx, "contract-123") }
	changeTo := func(id, text string) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) { return text, d.change(ctx, id, text) }
	}
	return show(ctx, out, []step{
		{"ask contract-123", one},
		{"ask contract-123", one},
		{"change contract-456", changeTo("contract-456", "90 days' notice")},
		{"ask contract-123", one},
		{"change contract-123", changeTo("contract-123", "14 days' notice")},
		{"ask contract-123", one},
		{"ask about all", d.askAll},
		{"ask about all", d.askAll},
		{"change contract-456", changeTo("contract-456", "10 days' notice")},
		{"ask about all", d.askAll},
	})
}
