package devgateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// Question is a chat completion request.
type Question struct {
	Model    string
	Messages []Message // at least one message
	Stream   bool
}

// Message is one message of a [Question].
type Message struct {
	Role string
	Text string // the text parts of the content, joined
}

// Last returns the text of the last message.
func (q Question) Last() string { return q.Messages[len(q.Messages)-1].Text }

// Answer returns an upstream without a network, for examples and tests. It
// answers each request with the text that f returns, in JSON or, if the request
// asks for it, as a stream. An error of f becomes an error of the upstream.
func Answer(f func(context.Context, Question) (string, error)) http.RoundTripper {
	return &answerer{answer: f}
}

type answerer struct {
	answer func(context.Context, Question) (string, error)
	count  atomic.Int64
}

type chatRequest struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string      `json:"role"`
		Content messageText `json:"content"`
	} `json:"messages"`
	Stream        bool `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// messageText returns the text of a message. The content may be split into
// parts.
type messageText string

func (t *messageText) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = messageText(text)
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	err := json.Unmarshal(data, &parts)
	for _, p := range parts {
		*t += messageText(p.Text)
	}
	return err
}

// RoundTrip answers a chat completion request.
func (u *answerer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, err := readSized(r.Body, r.ContentLength)
	r.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("upstream: read the request: %w", err)
	}
	var req chatRequest
	if json.Unmarshal(body, &req) != nil || len(req.Messages) == 0 {
		refusal := `{"error":{"message":"the upstream needs messages with text","type":"invalid_request_error","code":"invalid_messages","param":null}}`
		return response(r, http.StatusBadRequest, "application/json", []byte(refusal)), nil //nolint:nilerr // a model answers what it cannot read
	}
	q := Question{Model: req.Model, Stream: req.Stream}
	promptWords := 0
	for _, m := range req.Messages {
		q.Messages = append(q.Messages, Message{m.Role, string(m.Content)})
		promptWords += countWords(string(m.Content))
	}
	text, err := u.answer(r.Context(), q)
	if err != nil {
		return nil, err
	}
	c := completion{number: u.count.Add(1), model: req.Model, text: text, promptWords: promptWords}
	write, contentType := c.json, "application/json"
	if req.Stream {
		write, contentType = func() ([]byte, error) { return c.events(req.StreamOptions.IncludeUsage) }, "text/event-stream"
	}
	answer, err := write()
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	return response(r, http.StatusOK, contentType, answer), nil
}

func countWords(text string) (n int) {
	for range strings.FieldsSeq(text) {
		n++
	}
	return n
}

func response(r *http.Request, code int, contentType string, body []byte) *http.Response {
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", code, http.StatusText(code)),
		StatusCode: code,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {contentType}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}
}
