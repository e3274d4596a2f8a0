package devgateway

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/prompt"
)

func parsePrompt(body []byte) (*prompt.Prompt, error) {
	p, err := prompt.Parse(body)
	if err != nil {
		// The decoder's error could quote the prompt.
		return nil, badRequestf("invalid_body", "the body is not a chat completion request; send a JSON object with an array of messages")
	}
	return p, nil
}

// namespaceOf returns the namespace within which an answer may be shared.
func namespaceOf(id *identity, p *prompt.Prompt) (cache.Digest, error) {
	// JSON separates the parts, so that different parts never give the same
	// bytes.
	framed, err := json.Marshal([]any{
		id.Tenant, id.Policy, p.Instructions(), p.Tools, p.Functions, id.Roles, id.Scope,
	})
	if err != nil {
		return cache.Digest{}, fmt.Errorf("derive the namespace: %w", err)
	}
	return sha256.Sum256(framed), nil
}
