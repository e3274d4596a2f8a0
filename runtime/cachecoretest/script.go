package cachecoretest

import (
	"context"
	"net/http"
	"sync"

	"github.com/depgen/depgen/runtime/devgateway"
)

// script is an upstream that gives the answers that a test has written, and then
// those of another upstream.
type script struct {
	otherwise upstream

	mu    sync.Mutex
	texts []string
}

func (s *script) add(texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = append(s.texts, texts...)
}

// next takes the next text, and reports false if there is none.
func (s *script) next() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.texts) == 0 {
		return "", false
	}
	text := s.texts[0]
	s.texts = s.texts[1:]
	return text, true
}

// RoundTrip implements [http.RoundTripper].
func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	text, ok := s.next()
	if !ok {
		return s.otherwise.RoundTrip(req)
	}
	written := func(context.Context, devgateway.Question) (string, error) { return text, nil }
	return devgateway.Answer(written).RoundTrip(req)
}
