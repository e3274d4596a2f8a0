package sdk

import (
	"context"
	"testing"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
)

func TestLangChain(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{Wire: conformance.Chat, New: newLangChain, MissesPlainJSON: true})
}

type langChain struct{ llms.Model }

func newLangChain(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	llm, err := openai.New(
		openai.WithBaseURL(gateway+"/v1"),
		openai.WithHTTPClient(client.HTTPClient()),
		openai.WithToken(key), // must not be empty
		openai.WithModel("gpt-4o"),
	)
	return langChain{llm}, err
}

func (langChain) messages(ctx context.Context, question string) []llms.MessageContent {
	return []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "Answer in one sentence.\n"+cachecore.Scope(ctx)),
		llms.TextParts(llms.ChatMessageTypeHuman, question),
	}
}

func (l langChain) Ask(ctx context.Context, question string) (string, error) {
	answer, err := l.GenerateContent(ctx, l.messages(ctx, question))
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Content, nil
}

func (l langChain) Stream(ctx context.Context, question string, piece func(string)) error {
	_, err := l.GenerateContent(ctx, l.messages(ctx, question),
		llms.WithStreamingFunc(func(_ context.Context, text []byte) error {
			if len(text) > 0 {
				piece(string(text))
			}
			return nil
		}))
	return err
}
