// Package chat reads chat completion requests and writes their answers, both in
// OpenAI's format, for the models that replace real ones in tests and examples.
package chat

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/depgen/depgen/runtime/internal/prompt"
)

// Request is a chat completion request.
type Request struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string      `json:"role"`
		Content prompt.Text `json:"content"`
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
