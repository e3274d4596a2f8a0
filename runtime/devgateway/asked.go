package devgateway

import (
	"crypto/sha256"
	"encoding/json"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/prompt"
)

// askedOf returns the facts of a request that the history remembers.
func askedOf(id *identity, p *prompt.Prompt, body []byte) (cache.Asked, error) {
	a := cache.Asked{Body: body, Question: p.Question().Sum}
	for part, value := range map[cache.Part]any{
		cache.System: p.Instructions(), cache.Tools: p.Tools, cache.Functions: p.Functions,
		cache.Policy: id.Policy, cache.Roles: id.Roles, cache.Scope: id.Scope,
	} {
		text, err := json.Marshal(value)
		if err != nil {
			return cache.Asked{}, err
		}
		a.Parts[part] = sha256.Sum256(text)
	}
	return a, nil
}
