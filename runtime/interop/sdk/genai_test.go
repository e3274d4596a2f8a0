package sdk

import (
	"context"
	"testing"

	"google.golang.org/genai"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
)

func TestGenAI(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{Wire: conformance.Gemini, New: newGenAI})
}

func TestGenAIWithRetries(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{Wire: conformance.Gemini, New: newRetryingGenAI, Retries: true})
}

type gemini struct{ *genai.Client }

func newGenAI(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	llm, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		HTTPOptions: genai.HTTPOptions{BaseURL: gateway},
		HTTPClient:  client.HTTPClient(),
		APIKey:      key,
		Backend:     genai.BackendGeminiAPI,
	})
	return gemini{llm}, err
}

// newRetryingGenAI is like newGenAI, but with the retries that an application
// may enable.
func newRetryingGenAI(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	delay := 0.001 // in seconds
	llm, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		HTTPOptions: genai.HTTPOptions{
			BaseURL:      gateway,
			RetryOptions: &genai.HTTPRetryOptions{InitialDelay: &delay, MaxDelay: &delay},
		},
		HTTPClient: client.HTTPClient(),
		APIKey:     key,
		Backend:    genai.BackendGeminiAPI,
	})
	return gemini{llm}, err
}

func (gemini) config(ctx context.Context) *genai.GenerateContentConfig {
	return &genai.GenerateContentConfig{
		SystemInstruction: genai.NewContentFromText("Answer in one sentence.\n"+cachecore.Scope(ctx), ""),
	}
}

func (g gemini) Ask(ctx context.Context, question string) (string, error) {
	answer, err := g.Models.GenerateContent(ctx, "gemini-2.5-flash", genai.Text(question), g.config(ctx))
	if err != nil {
		return "", err
	}
	return answer.Text(), nil
}

func (g gemini) Stream(ctx context.Context, question string, piece func(string)) error {
	for answer, err := range g.Models.GenerateContentStream(ctx, "gemini-2.5-flash", genai.Text(question), g.config(ctx)) {
		if err != nil {
			return err
		}
		piece(answer.Text())
	}
	return nil
}
