package cachecoretest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/depgen/depgen/runtime/devgateway"
)

// script is an upstream that gives the answers that a test has written. Another
// upstream answers before the first and after the last of them.
type script struct {
	then upstream
	ends bool // without an upstream after the last answer

	mu         sync.Mutex
	written    int
	texts      []string // still to be given
	unanswered []devgateway.Question
}

func (s *script) add(texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written += len(texts)
	s.texts = append(s.texts, texts...)
}

// next removes and returns the next text. ok reports whether it had one, over
// whether it should have had one.
func (s *script) next() (text string, ok, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) == 0 {
		return "", false, s.ends && s.written > 0
	}
	text = s.texts[0]
	s.texts = s.texts[1:]
	return text, true, false
}

// RoundTrip implements [http.RoundTripper].
func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	text, ok, over := s.next()
	if !ok && !over {
		return s.then.RoundTrip(req)
	}
	resp, err := devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
		if over {
			s.miss(q)
		}
		return text, nil
	}).RoundTrip(req)
	if over && err == nil && resp.StatusCode == http.StatusOK {
		resp.StatusCode, resp.Status = http.StatusNotImplemented, ""
		resp.Header = http.Header{"Content-Type": {"application/json"}, "X-Should-Retry": {"false"}}
		resp.ContentLength = int64(len(noAnswer))
		resp.Body = io.NopCloser(strings.NewReader(noAnswer))
	}
	return resp, err
}

// noAnswer is the model's answer after the end of the script.
const noAnswer = `{"error":{"message":"no answer is left of those that the test gave to Answer","type":"api_error","code":"no_answer_left","param":null}}`

func (s *script) miss(q devgateway.Question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unanswered = append(s.unanswered, q)
}

// reportUnanswered fails the test for the requests that came after the last
// answer.
func (s *script) reportUnanswered(tb testingT) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, q := range s.unanswered {
		tb.Errorf("cachecoretest: request %d to the model (%q, last message %.200q) had no answer left; give Answer one more text, or WithUpstream for the rest",
			s.written+i+1, q.Model, q.Last())
	}
}
