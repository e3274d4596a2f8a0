package sdk

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/cloudwego/eino-ext/components/model/openai"
	"github.com/cloudwego/eino/schema"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
)

func TestEino(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{Wire: conformance.Chat, New: newEino, MissesPlainJSON: true})
}

type eino struct{ *openai.ChatModel }

func newEino(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	llm, err := openai.NewChatModel(context.Background(), &openai.ChatModelConfig{
		BaseURL:    gateway + "/v1",
		HTTPClient: client.HTTPClient(), // Timeout has no effect if this is set
		APIKey:     key,
		Model:      "gpt-4o",
	})
	return eino{llm}, err
}

func (eino) messages(ctx context.Context, question string) []*schema.Message {
	return []*schema.Message{
		schema.SystemMessage("Answer in one sentence.\n" + cachecore.Scope(ctx)),
		schema.UserMessage(question),
	}
}

func (e eino) Ask(ctx context.Context, question string) (string, error) {
	answer, err := e.Generate(ctx, e.messages(ctx, question))
	if err != nil {
		return "", err
	}
	return answer.Content, nil
}

func (e eino) Stream(ctx context.Context, question string, piece func(string)) error {
	stream, err := e.ChatModel.Stream(ctx, e.messages(ctx, question))
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
		if answer.Content != "" {
			piece(answer.Content)
		}
	}
}
