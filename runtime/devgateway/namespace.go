package devgateway

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
)

// prompt contains the fields that the gateway reads from a completion request.
type prompt struct {
	Stream    bool            `json:"stream"`
	Messages  []promptMessage `json:"messages"`
	Tools     json.RawMessage `json:"tools"`
	Functions json.RawMessage `json:"functions"` // the older form of tools
}

type promptMessage struct {
	Role    any             `json:"role"`    // a string in a valid request
	Content json.RawMessage `json:"content"` // for instructions only
}

// UnmarshalJSON reads the content of instructions only. Reading the content of
// the other messages would copy most of the body.
func (m *promptMessage) UnmarshalJSON(text []byte) error {
	var head struct {
		Role any `json:"role"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	m.Role = head.Role
	if !m.isInstruction() {
		return nil
	}
	type whole promptMessage
	return json.Unmarshal(text, (*whole)(m))
}

// isInstruction reports whether the message governs all the others.
func (m *promptMessage) isInstruction() bool { return m.Role == "system" || m.Role == "developer" }

func parsePrompt(body []byte) (*prompt, error) {
	var p *prompt
	if err := json.Unmarshal(body, &p); err != nil || p == nil {
		// The decoder's error could quote the prompt.
		return nil, badRequestf("invalid_body", "the body is not a chat completion request; send a JSON object with an array of messages")
	}
	return p, nil
}

// instructions returns the messages that govern all the others.
func (p *prompt) instructions() []promptMessage {
	var found []promptMessage
	for _, m := range p.Messages {
		if m.isInstruction() {
			found = append(found, m)
		}
	}
	return found
}

// namespaceOf returns the namespace within which an answer may be shared.
func namespaceOf(id *identity, p *prompt) (cache.Digest, error) {
	// JSON separates the parts, so that different parts never give the same
	// bytes.
	framed, err := json.Marshal([]any{
		id.Tenant, id.Policy, p.instructions(), p.Tools, p.Functions, id.Roles, id.Scope,
	})
	if err != nil {
		return cache.Digest{}, fmt.Errorf("derive the namespace: %w", err)
	}
	return sha256.Sum256(framed), nil
}
