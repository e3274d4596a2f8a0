package devgateway

import (
	"crypto/sha256"
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

// namespaceOf returns the namespace within which an answer may be shared, and
// the sums of its parts.
func namespaceOf(id *identity, p *prompt.Prompt) (cache.Digest, cache.Parts, error) {
	of, err := p.Parts()
	if err != nil {
		return cache.Digest{}, cache.Parts{}, fmt.Errorf("derive the namespace: %w", err)
	}
	parts := cache.Parts{cache.System: of.Instructions, cache.Tools: of.Tools, cache.Functions: of.Functions}
	for part, value := range [...]any{cache.Policy: id.Policy, cache.Roles: id.Roles, cache.Scope: id.Scope} {
		if value == nil {
			continue // a part of the prompt
		}
		if parts[part], err = prompt.SumOf(value); err != nil {
			return cache.Digest{}, cache.Parts{}, fmt.Errorf("derive the namespace: %w", err)
		}
	}
	// Sums have one size, so that different parts never give the same bytes.
	tenant := sha256.Sum256([]byte(id.Tenant))
	all := sha256.New()
	all.Write(tenant[:])
	for _, part := range parts {
		all.Write(part[:])
	}
	return cache.Digest(all.Sum(nil)), parts, nil
}
