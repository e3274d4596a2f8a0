package devgateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/depgen/depgen/runtime/devgateway/internal/chat"
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

// Echo returns an upstream without a network. It answers "#1 <text>". The text
// is that of the last message, and the number counts Echo's answers, so that a
// new answer differs from a cached one. It answers with a stream if the request
// asks for one.
func Echo() http.RoundTripper {
	var answers atomic.Int64
	return Answer(func(_ context.Context, q Question) (string, error) {
		return fmt.Sprintf("#%d %s", answers.Add(1), q.Last()), nil
	})
}

// Answer returns an upstream without a network, for examples and tests. It
// answers each request with the text that f returns, in JSON or, if the request
// asks for it, as a stream. An error of f becomes an error of the upstream.
func Answer(f func(context.Context, Question) (string, error)) http.RoundTripper {
	return &model{answer: f}
}

type model struct {
	answer func(context.Context, Question) (string, error)
	count  atomic.Int64
}

// RoundTrip answers a chat completion request.
func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, err := readSized(r.Body, r.ContentLength)
	r.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("upstream: read the request: %w", err)
	}
	req, err := chat.Parse(body)
	if err != nil {
		refusal := `{"error":{"message":"the upstream needs messages with text","type":"invalid_request_error","code":"invalid_messages","param":null}}`
		return response(r, http.StatusBadRequest, "application/json", []byte(refusal)), nil //nolint:nilerr // a model answers what it cannot read
	}
	q := Question{Model: req.Model, Stream: req.Stream}
	for _, each := range req.Messages {
		q.Messages = append(q.Messages, Message{each.Role, string(each.Content)})
	}
	text, err := m.answer(r.Context(), q)
	if err != nil {
		return nil, err
	}
	answer, mediaType, err := req.Answer(m.count.Add(1), text)
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	return response(r, http.StatusOK, mediaType, answer), nil
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
