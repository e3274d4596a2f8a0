// Quickstart runs a small contract desk against the local gateway, in one
// process and without a network. It asks about contracts, changes them, and
// shows which answers come from the cache.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/fatih/color"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/depgen/depgen/runtime/cachecore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, color.Output)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	contracts := &store{texts: map[string]string{
		"contract-123": "30 days' notice",
		"contract-456": "60 days' notice",
	}}
	gateway, err := startGateway(ctx, contracts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.close()) }()

	// An application adds these lines to its start-up:
	client, err := cachecore.New(gateway.url, gateway.token)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close(context.WithoutCancel(ctx))) }()
	cachecore.SetDefault(client)

	d := &desk{contracts: contracts, llm: openai.NewClient(
		option.WithBaseURL(gateway.url+"/v1"),
		option.WithHTTPClient(client.HTTPClient()),
		option.WithAPIKey("the gateway holds the real one"),
	)}
	return tour(ctx, d, gateway, &table{out: out})
}
