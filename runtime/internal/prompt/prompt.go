// Package prompt reads the parts of a chat completion request by which a gateway
// distinguishes requests.
package prompt

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// Prompt contains the fields that the gateway reads from every request that it
// looks up.
type Prompt struct {
	Model     any             `json:"model"` // a string in a valid request
	Stream    bool            `json:"stream"`
	Messages  []Message       `json:"messages"`
	Tools     json.RawMessage `json:"tools"`
	Functions json.RawMessage `json:"functions"` // the older form of tools
}

// Message is a message of a [Prompt].
type Message struct {
	Role    any             `json:"role"`    // a string in a valid request
	Content json.RawMessage `json:"content"` // for instructions only

	Asked Asked `json:"-"` // for messages of the user
}

// UnmarshalJSON reads the content of instructions, and sums up that of the
// user's messages. Reading the content of all messages would copy most of the
// body.
func (m *Message) UnmarshalJSON(text []byte) error {
	var head struct {
		Role any `json:"role"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	m.Role = head.Role
	if m.Role == "user" {
		var user struct {
			Content Asked `json:"content"`
		}
		err := json.Unmarshal(text, &user)
		m.Asked = user.Content
		return err
	}
	if !m.isInstruction() {
		return nil
	}
	type whole Message
	return json.Unmarshal(text, (*whole)(m))
}

// isInstruction reports whether the message governs all the others.
func (m *Message) isInstruction() bool { return m.Role == "system" || m.Role == "developer" }

// Parse reads a request. Its error can quote the prompt.
func Parse(body []byte) (*Prompt, error) {
	var p *Prompt
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errors.New("null is not a request")
	}
	return p, nil
}

// Instructions returns the messages that govern all the others.
func (p *Prompt) Instructions() []Message {
	var found []Message
	for _, m := range p.Messages {
		if m.isInstruction() {
			found = append(found, m)
		}
	}
	return found
}

// Sum is a SHA-256 sum.
type Sum = [sha256.Size]byte

// Parts are the sums of the parts of a request that select its namespace: the
// instructions, the tools and the functions.
type Parts struct{ Instructions, Tools, Functions Sum }

// Parts returns the sums of the parts.
func (p *Prompt) Parts() (Parts, error) {
	instructions, err := SumOf(p.Instructions())
	if err != nil {
		return Parts{}, fmt.Errorf("sum up the instructions: %w", err)
	}
	tools, err := SumOf(p.Tools)
	if err != nil {
		return Parts{}, fmt.Errorf("sum up the tools: %w", err)
	}
	functions, err := SumOf(p.Functions)
	if err != nil {
		return Parts{}, fmt.Errorf("sum up the functions: %w", err)
	}
	return Parts{instructions, tools, functions}, nil
}

// SumOf returns the sum of the JSON of v, without insignificant space.
func SumOf(v any) (Sum, error) {
	text, err := json.Marshal(v)
	return sha256.Sum256(text), err
}

// Text is the text of a message. In JSON, it may be split into parts.
type Text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = Text(text)
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	err := json.Unmarshal(data, &parts)
	for _, p := range parts {
		*t += Text(p.Text)
	}
	return err
}
