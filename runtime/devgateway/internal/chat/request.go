// Package chat reads chat completion requests and writes their answers, both in
// OpenAI's format, for the models that replace real ones in tests and examples.
package chat

import (
	"encoding/json"
	"errors"
	"strings"
)

// Request is a chat completion request.
type Request struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content Text   `json:"content"`
	} `json:"messages"`
	Stream        bool `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// Parse reads a request, which has at least one message.
func Parse(body []byte) (*Request, error) {
	var r Request
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	if len(r.Messages) == 0 {
		return nil, errors.New("no messages")
	}
	return &r, nil
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

// words counts the words of all messages.
func (r *Request) words() (n int) {
	for _, m := range r.Messages {
		n += countWords(string(m.Content))
	}
	return n
}

func countWords(text string) (n int) {
	for range strings.FieldsSeq(text) {
		n++
	}
	return n
}
