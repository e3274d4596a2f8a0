package genkit

import (
	"context"
	"strings"
	"testing"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/genkit"
	"github.com/firebase/genkit/go/plugins/compat_oai"
	"github.com/openai/openai-go/option" // v1, not v3
	"go.uber.org/goleak"

	"github.com/depgen/depgen/internal/testfail"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
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
		BaseURL:  gateway + "/v1/", // the final slash keeps calls from racing to add one
		Opts:     []option.RequestOption{option.WithHTTPClient(client.HTTPClient())},
		APIKey:   key,
	}))
	return kit{llm}, nil
}

const model = "gateway/gpt-4o"

func (k kit) Ask(ctx context.Context, question string) (string, error) {
	return genkit.GenerateText(ctx, k.Genkit, ai.WithModelName(model),
		ai.WithSystem("Answer in one sentence.\n%s", cachecore.Scope(ctx)),
		ai.WithPrompt("%s", question))
}

func (k kit) Stream(ctx context.Context, question string, piece func(string)) error {
	_, err := genkit.Generate(ctx, k.Genkit, ai.WithModelName(model),
		ai.WithSystem("Answer in one sentence.\n%s", cachecore.Scope(ctx)),
		ai.WithPrompt("%s", question),
		ai.WithStreaming(func(_ context.Context, chunk *ai.ModelResponseChunk) error {
			piece(chunk.Text())
			return nil
		}))
	return err
}

// TestToolsHaveNoOrder tests the statements of docs/sdks.md about Genkit.
func TestToolsHaveNoOrder(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client()
	t.Cleanup(client.Transport().CloseIdleConnections)
	sdk, err := newGenkit(t.Context(), client, gateway.URL(), "key")
	if err != nil {
		t.Fatal(err)
	}
	llm, ok := sdk.(kit)
	if !ok {
		t.Fatalf("it is a %T", sdk)
	}
	var tools []ai.ToolRef
	for _, name := range []string{"one", "two", "three", "four", "five", "six", "seven", "eight"} {
		tools = append(tools, genkit.DefineTool(llm.Genkit, name, "Does nothing.",
			func(*ai.ToolContext, string) (string, error) { return "", nil }))
	}
	ask := func(tools ...ai.ToolRef) func() {
		return func() {
			if _, err := genkit.Generate(t.Context(), llm.Genkit,
				ai.WithModelName(model), ai.WithPrompt("What notice?"), ai.WithTools(tools...)); err != nil {
				t.Error(err)
			}
		}
	}
	gateway.RequireStable(t, ask(tools[0]))
	failing := testfail.Message(t, func(tb testing.TB) { gateway.RequireStable(tb, ask(tools...)) })
	if !strings.Contains(failing, "request 1: other bytes: tools[") || !strings.Contains(failing, "].function.") {
		t.Errorf("RequireStable reports %q", failing)
	}
}
