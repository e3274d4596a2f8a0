// Package loopback provides a server on loopback that records the requests that
// it receives, so that tests can check a client's real requests.
package loopback

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// Request is a received request.
type Request struct {
	Method, Path, Query string
	Header              http.Header
	Body                []byte
}

// Dep is an element of the deps header, in the protocol's format.
type Dep struct {
	ID   string `json:"dep_id"`
	Hash string `json:"expected_hash"`
}

// Deps returns the deps in the deps header, or nil if the header is missing.
func (r Request) Deps(tb testing.TB) []Dep {
	tb.Helper()
	header := r.Header.Get("X-Cachecore-Deps")
	if header == "" {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		tb.Errorf("deps header %q: %v", header, err)
		return nil
	}
	var deps []Dep
	if err := json.Unmarshal(text, &deps); err != nil {
		tb.Errorf("deps header holds %q: %v", text, err)
	}
	return deps
}

// Server records all requests that it receives. It is safe for concurrent use.
type Server struct {
	*httptest.Server

	mu  sync.Mutex
	got []Request
}

// NewServer starts a server that answers with answer. It is closed when the
// test ends.
func NewServer(tb testing.TB, answer func(http.ResponseWriter, Request)) *Server {
	tb.Helper()
	s := &Server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			tb.Errorf("read the request: %v", err)
		}
		r := Request{req.Method, req.URL.Path, req.URL.RawQuery, req.Header.Clone(), body}
		s.mu.Lock()
		s.got = append(s.got, r)
		s.mu.Unlock()
		answer(w, r)
	}))
	tb.Cleanup(s.Close)
	return s
}

// Requests returns the requests received so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// Exactly returns the requests received so far. It fails the test unless their
// number is n.
func (s *Server) Exactly(tb testing.TB, n int) []Request {
	tb.Helper()
	got := s.Requests()
	if len(got) != n {
		tb.Fatalf("server received %d requests, want %d", len(got), n)
	}
	return got
}
