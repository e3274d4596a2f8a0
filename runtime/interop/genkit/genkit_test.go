package genkit

import (
	"context"
	"testing"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/genkit"
	"github.com/firebase/genkit/go/plugins/compat_oai"
	"github.com/openai/openai-go/option" // v1, not v3
	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/conformance"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestGenkit(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{
		Wire: conformance.Chat,
		New: func(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
			return newGenkit(t.Context(), client, gateway, key)
		},
		Retries: true,
	})
}

type kit struct{ *genkit.Genkit }

func newGenkit(ctx context.Context, client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	llm := genkit.Init(ctx, genkit.WithPlugins(&compat_oai.OpenAICompatible{
		Provider: "gateway",
		BaseURL:  gateway + "/v1",
		Opts:     []option.RequestOption{option.WithHTTPClient(client.HTTPClient())},
		APIKey:   key,
	}))
	return kit{llm}, nil
}

const model = "gateway/gpt-4o"

func (k kit) Ask(ctx context.Context, question string) (string, error) {
	return genkit.GenerateText(ctx, k.Genkit, ai.WithModelName(model), ai.WithPrompt(question))
}

func (k kit) Stream(ctx context.Context, question string, piece func(string)) error {
	_, err := genkit.Generate(ctx, k.Genkit, ai.WithModelName(model), ai.WithPrompt(question),
		ai.WithStreaming(func(_ context.Context, chunk *ai.ModelResponseChunk) error {
			piece(chunk.Text())
			return nil
		}))
	return err
}
