package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
)

// standIn is a minimal gateway for a single tenant. It keeps the answer to each
// body, with its deps, and never expires it.
type standIn struct {
	model func(question string) string

	mu   sync.Mutex
	kept map[string]entry // by body
}

type entry struct {
	answer []byte
	deps   []string
}

// newStandIn returns a gateway in front of a model.
func newStandIn(model func(question string) string) http.Handler {
	s := &standIn{model: model, kept: map[string]entry{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/messages", s.messages)
	mux.HandleFunc("POST /v1/invalidate", s.invalidate)
	return mux
}

func (s *standIn) messages(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	deps, err := depsOf(r.Header)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, hit := s.kept[string(body)]
	status := "HIT_L1"
	if !hit {
		status = "MISS"
		e = entry{message(s.model(string(body))), deps}
		s.kept[string(body)] = e
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Cache", status)
	w.Write(e.answer) //nolint:errcheck // the client has left
}

func (s *standIn) invalidate(w http.ResponseWriter, r *http.Request) {
	var req struct {
		ID string `json:"dep_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	deleted := 0
	for body, e := range s.kept {
		if slices.Contains(e.deps, req.ID) {
			delete(s.kept, body)
			deleted++
		}
	}
	fmt.Fprintf(w, `{"ok":true,"keys_deleted":%d}`, deleted)
}

func depsOf(h http.Header) ([]string, error) {
	text, err := base64.RawURLEncoding.DecodeString(h.Get("X-Cachecore-Deps"))
	if err != nil {
		return nil, err
	}
	var wire []struct {
		ID string `json:"dep_id"`
	}
	if err := json.Unmarshal(text, &wire); err != nil {
		return nil, err
	}
	ids := make([]string, len(wire))
	for i, d := range wire {
		ids[i] = d.ID
	}
	return ids, nil
}

// message returns an answer in the form of Anthropic's API.
func message(text string) []byte {
	type object = map[string]any
	answer, err := json.Marshal(object{
		"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "stop_reason": "end_turn",
		"content": []object{{"type": "text", "text": text}},
		"usage":   object{"input_tokens": 1, "output_tokens": 1},
	})
	if err != nil { // cannot happen: the object contains only strings and numbers
		return []byte(err.Error())
	}
	return answer
}
