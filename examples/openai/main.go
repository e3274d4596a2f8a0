// Openai runs an assistant with OpenAI's own SDK. It looks up documents before
// it asks the model. The answer depends on these documents, and no code lists
// them by hand.
//
//	go run ./examples/openai
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/depgen/depgen/examples/internal/local"
	"github.com/depgen/depgen/runtime/cachecore"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "openai:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	docs := &library{texts: map[string]string{
		"refunds": "Refunds take 30 days.",
		"privacy": "We keep your name and nothing else.",
	}}
	gateway, err := local.Start(docs.model())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()
	ctx = cachecore.WithInvalidator(ctx, gateway.Client)

	a := &assistant{docs: docs, llm: openai.NewClient(
		option.WithBaseURL(gateway.URL+"/v1"),
		option.WithHTTPClient(gateway.Client.HTTPClient()),
		option.WithAPIKey("the gateway holds the real one"),
	)}
	const refunds, privacy = "What do you say about refunds?", "What do you say about privacy?"
	for _, question := range []string{refunds, privacy, refunds} {
		if err := a.ask(ctx, out, question); err != nil {
			return err
		}
	}
	if err := docs.change(ctx, "refunds", "Refunds take 14 days."); err != nil {
		return err
	}
	fmt.Fprintln(out, "the document about refunds has changed")
	return errors.Join(a.ask(ctx, out, privacy), a.ask(ctx, out, refunds))
}

type assistant struct {
	docs *library
	llm  openai.Client
}

// ask prints the cache status as soon as the answer begins, and then the pieces
// of the answer as they arrive.
func (a *assistant) ask(ctx context.Context, out io.Writer, question string) error {
	ctx, call := cachecore.WithCall(cachecore.Track(ctx))
	files := a.docs.find(ctx, question)
	stream := a.llm.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{
		Model: "gpt-4o",
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage("You answer from these files: " + strings.Join(files, ", ") + "\n" + cachecore.Scope(ctx)),
			openai.UserMessage(question),
		},
	})
	defer stream.Close()
	for begun := false; stream.Next(); {
		for _, choice := range stream.Current().Choices {
			if !begun && choice.Delta.Content != "" {
				fmt.Fprintf(out, "%-7s", call.Status())
				begun = true
			}
			fmt.Fprint(out, choice.Delta.Content)
		}
	}
	fmt.Fprintln(out)
	return stream.Err()
}
