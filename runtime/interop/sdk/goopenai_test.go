package sdk

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/sashabaranov/go-openai"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
)

func TestGoOpenAI(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{Wire: conformance.Chat, New: newGoOpenAI, MissesPlainJSON: true})
}

type goOpenAI struct{ *openai.Client }

func newGoOpenAI(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	config := openai.DefaultConfig(key)
	config.BaseURL = gateway + "/v1"
	config.HTTPClient = client.HTTPClient()
	llm := openai.NewClientWithConfig(config)
	return goOpenAI{llm}, nil
}

func (o goOpenAI) Ask(ctx context.Context, question string) (string, error) {
	answer, err := o.CreateChatCompletion(ctx, o.request(ctx, question))
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}

func (o goOpenAI) Stream(ctx context.Context, question string, piece func(string)) error {
	stream, err := o.CreateChatCompletionStream(ctx, o.request(ctx, question))
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if text := answer.Choices[0].Delta.Content; text != "" {
			piece(text)
		}
	}
}

func (goOpenAI) request(ctx context.Context, question string) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{
		Model: openai.GPT4o,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: "Answer in one sentence.\n" + cachecore.Scope(ctx)},
			{Role: openai.ChatMessageRoleUser, Content: question},
		},
	}
}
