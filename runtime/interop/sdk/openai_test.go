package sdk

import (
	"context"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/auth"
	"github.com/openai/openai-go/v3/option"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
)

func TestOpenAI(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Driver{
		Wire:            conformance.Chat,
		New:             newOpenAI,
		Retries:         true,
		RefusesRedirect: true,
		MissesPlainJSON: true,
		Federated:       newFederatedOpenAI,
	})
}

type openAI struct{ openai.Client }

func newOpenAI(client *cachecore.Client, gateway, key string) (conformance.SDK, error) {
	llm := openai.NewClient(
		option.WithBaseURL(gateway+"/v1"),
		option.WithHTTPClient(client.HTTPClient()),
		option.WithAPIKey(key),
	)
	return openAI{llm}, nil
}

func newFederatedOpenAI(client *cachecore.Client, gateway string) (conformance.SDK, error) {
	llm := openai.NewClient(
		option.WithBaseURL(gateway+"/v1"),
		option.WithHTTPClient(client.HTTPClient()),
		option.WithWorkloadIdentity(auth.WorkloadIdentity{
			IdentityProviderID: "provider",
			ServiceAccountID:   "account",
			Provider:           subject{},
		}),
	)
	return openAI{llm}, nil
}

// subject is the workload's identity.
type subject struct{}

func (subject) TokenType() auth.SubjectTokenType { return auth.SubjectTokenTypeJWT }

func (subject) GetToken(context.Context, auth.HTTPDoer) (string, error) { return "identity", nil }

func (o openAI) Ask(ctx context.Context, question string) (string, error) {
	answer, err := o.Chat.Completions.New(ctx, o.scoped(ctx, question))
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}

func (o openAI) Stream(ctx context.Context, question string, piece func(string)) error {
	stream := o.Chat.Completions.NewStreaming(ctx, o.scoped(ctx, question))
	defer stream.Close()
	for stream.Next() {
		if text := stream.Current().Choices[0].Delta.Content; text != "" {
			piece(text)
		}
	}
	return stream.Err()
}

func (o openAI) scoped(ctx context.Context, question string) openai.ChatCompletionNewParams {
	params := o.params(question)
	params.Messages = []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage("Answer in one sentence.\n" + cachecore.Scope(ctx)),
		openai.UserMessage(question),
	}
	return params
}

func (openAI) params(question string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model:    "gpt-4o",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(question)},
	}
}
