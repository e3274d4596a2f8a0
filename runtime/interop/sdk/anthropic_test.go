package sdk

import (
	"context"
	"testing"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
)

func TestAnthropic(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{
		Wire:            conformance.Messages,
		New:             newAnthropic,
		Retries:         true,
		MissesPlainJSON: true,
		Federated:       newFederatedAnthropic,
	})
}

type claude struct{ anthropic.Client }

func newAnthropic(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	llm := anthropic.NewClient(
		option.WithBaseURL(gateway), // without /v1: the SDK adds it
		option.WithHTTPClient(client.HTTPClient()),
		option.WithAPIKey(key),
	)
	return claude{llm}, nil
}

func newFederatedAnthropic(client *cachecore.Client, gateway string) (conformance.SDK, error) {
	identity := func(context.Context) (string, error) { return "identity", nil }
	llm := anthropic.NewClient(
		option.WithBaseURL(gateway),
		option.WithHTTPClient(client.HTTPClient()),
		option.WithFederationTokenProvider(identity, option.FederationOptions{
			FederationRuleID: "fdrl_rule",
			OrganizationID:   "organization",
		}),
	)
	return claude{llm}, nil
}

func (c claude) Ask(ctx context.Context, question string) (string, error) {
	answer, err := c.Messages.New(ctx, c.scoped(ctx, question))
	if err != nil {
		return "", err
	}
	return answer.Content[0].Text, nil
}

func (c claude) Stream(ctx context.Context, question string, piece func(string)) error {
	stream := c.Messages.NewStreaming(ctx, c.scoped(ctx, question))
	defer stream.Close()
	for stream.Next() {
		if text := stream.Current().Delta.Text; text != "" {
			piece(text)
		}
	}
	return stream.Err()
}

func (c claude) scoped(ctx context.Context, question string) anthropic.MessageNewParams {
	params := c.params(question)
	params.System = []anthropic.TextBlockParam{
		{Text: "Answer in one sentence.\n" + cachecore.Scope(ctx)},
	}
	return params
}

func (claude) params(question string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model:     "claude-sonnet-4-5",
		MaxTokens: 100,
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(question))},
	}
}
