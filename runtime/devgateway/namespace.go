package devgateway

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// prompt is what the gateway reads of a completion request's body.
type prompt struct {
	Stream    bool              `json:"stream"`
	Messages  []json.RawMessage `json:"messages"`
	Tools     json.RawMessage   `json:"tools"`
	Functions json.RawMessage   `json:"functions"` // the older form of tools
}

func parsePrompt(body []byte) (*prompt, error) {
	var p *prompt
	if err := json.Unmarshal(body, &p); err != nil || p == nil {
		// The decoder's own words could quote the prompt.
		return nil, badRequestf("invalid_body", "the body is not a chat completion request: send a JSON object with an array of messages")
	}
	return p, nil
}

// instructions returns the messages that govern all the others, as they are.
func (p *prompt) instructions() []json.RawMessage {
	var found []json.RawMessage
	for _, raw := range p.Messages {
		var m struct {
			Role string `json:"role"`
		}
		if json.Unmarshal(raw, &m) == nil && (m.Role == "system" || m.Role == "developer") {
			found = append(found, raw)
		}
	}
	return found
}

type digest = [sha256.Size]byte

// namespaceOf returns within what an answer may be shared.
func namespaceOf(id *identity, p *prompt) (digest, error) {
	// JSON frames the parts, so that no two sets of them have the same bytes.
	framed, err := json.Marshal([]any{
		id.tenant, id.policy, p.instructions(), p.Tools, p.Functions, id.roles, id.scope,
	})
	if err != nil {
		return digest{}, fmt.Errorf("derive the namespace: %w", err)
	}
	return sha256.Sum256(framed), nil
}
