package devgateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// Echo returns an upstream without a network. It answers "#1 <text>" where the
// text is that of the last message and the number counts its answers, so that a
// new answer can be told from a cached one. A request for a stream gets one.
func Echo() http.RoundTripper { return &echo{} }

type echo struct{ answers atomic.Int64 }

type echoRequest struct {
	Model         string        `json:"model"`
	Messages      []echoMessage `json:"messages"`
	Stream        bool          `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

type echoMessage struct {
	Content echoText `json:"content"`
}

// echoText is the text of a message, which may come in parts.
type echoText string

func (t *echoText) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = echoText(text)
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	err := json.Unmarshal(data, &parts)
	for _, p := range parts {
		*t += echoText(p.Text)
	}
	return err
}

// RoundTrip answers a chat completion request.
func (e *echo) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close() //nolint:errcheck // it has been read
	if err != nil {
		return nil, fmt.Errorf("echo: read the request: %w", err)
	}
	var req echoRequest
	if json.Unmarshal(body, &req) != nil || len(req.Messages) == 0 {
		refusal := `{"error":{"message":"the echo upstream needs messages with text","type":"invalid_request_error","code":"invalid_messages","param":null}}`
		return response(r, http.StatusBadRequest, "application/json", []byte(refusal)), nil
	}
	a := echoAnswer{
		number: e.answers.Add(1),
		model:  req.Model,
		text:   string(req.Messages[len(req.Messages)-1].Content),
	}
	for _, m := range req.Messages {
		a.promptWords += len(strings.Fields(string(m.Content)))
	}
	write, contentType := a.json, "application/json"
	if req.Stream {
		write, contentType = func() ([]byte, error) { return a.events(req.StreamOptions.IncludeUsage) }, "text/event-stream"
	}
	answer, err := write()
	if err != nil {
		return nil, fmt.Errorf("echo: %w", err)
	}
	return response(r, http.StatusOK, contentType, answer), nil
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
