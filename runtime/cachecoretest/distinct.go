package cachecoretest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/internal/jsondiff"
	"github.com/depgen/depgen/runtime/internal/prompt"
	"github.com/depgen/depgen/runtime/internal/vector"
)

// RequireDistinct fails the test immediately if a gateway could answer one of
// the recorded requests with the answer to another: if two of them differ, but
// have the same system messages, tools and model, and user messages whose
// similarity is at least threshold. The hosted gateway's threshold is 0.92. The
// embedder compares the messages, for example [devgateway.Lexical].
//
// It does not matter whether the requests have the same deps: the answer to a
// similar question about the same data is an answer to another question.
// Bypasses do not count, nor do two requests of [cachecore.ExactOnly], which
// refuses such answers. RequireDistinct also fails if there are fewer than two
// requests to compare.
func (r *Recorder) RequireDistinct(e devgateway.Embedder, threshold float64) {
	r.tb.Helper()
	switch {
	case e == nil:
		r.tb.Fatalf("cachecoretest: RequireDistinct: no embedder; give it one, for example devgateway.Lexical()")
		return
	case !(threshold > 0 && threshold <= 1): // also not a number
		r.tb.Fatalf("cachecoretest: RequireDistinct: the threshold %v is not above 0 and at most 1; the hosted gateway's is 0.92", threshold)
		return
	}
	questions, err := r.questions(e)
	if err != nil {
		r.tb.Fatalf("cachecoretest: RequireDistinct: %v", err)
		return
	}
	if n := len(questions); n < 2 {
		r.tb.Fatalf("cachecoretest: RequireDistinct proves nothing: of %d recorded requests, %d are different questions that a gateway caches; send two or more",
			len(r.Requests()), n)
		return
	}
	var pairs []string
	repeated := false // whether a question is
	fix := "end the system message with cachecore.Scope(ctx), or with cachecore.Scope(ctx, question) if the deps are the same"
	for i, a := range questions {
		for _, b := range questions[i+1:] {
			if a.shared != b.shared || a.exact && b.exact {
				continue
			}
			if similarity := float64(vector.Dot(a.vector, b.vector)); similarity >= threshold-vector.Epsilon {
				pairs = append(pairs, fmt.Sprintf("\n\trequests %d and %d, similarity %.2f: %s (%s) and %s (%s)%s",
					a.number, b.number, similarity, quoted(a.text), list(a.Deps), quoted(b.text), list(b.Deps), difference(a, b)))
				repeated = repeated || a.text == b.text
			}
		}
	}
	if len(pairs) == 0 {
		return
	}
	shown := strings.Join(pairs[:min(len(pairs), maxListed)], "")
	if more := len(pairs) - maxListed; more > 0 {
		shown += fmt.Sprintf("\n\tand %d more", more)
	}
	if repeated {
		fix += ", and add the parameters that differ if the question is the same too"
	}
	r.tb.Fatalf("cachecoretest: a gateway could answer a request with the answer to another (pairs: %d); %s (docs/similar.md):%s",
		len(pairs), fix, shown)
}

// difference describes the first difference of two requests with the same
// question, whose texts do not show it.
func difference(a, b similarQuestion) string {
	if a.text != b.text {
		return ""
	}
	path, left, right, _ := jsondiff.First(a.Body, b.Body)
	if path != "" {
		path += ": "
	}
	return fmt.Sprintf(", which differ: %s%s | %s", path, left, right)
}

// similarQuestion is a recorded request that a gateway can answer with the
// answer to another. It is exact if all requests with its body are.
type similarQuestion struct {
	Request
	number int    // of the request, from 1
	shared string // what requests with a common answer have in common
	text   string
	vector []float32
}

// questions returns the recorded requests that have a question, each body once.
func (r *Recorder) questions(e devgateway.Embedder) ([]similarQuestion, error) {
	var all []similarQuestion
	vectors := map[string][]float32{}
	seen := map[string]int{} // indices of all by body
	for i, request := range r.Requests() {
		q := similarQuestion{Request: request, number: i + 1}
		p, err := prompt.Parse(request.Body)
		if err != nil || !isCompletion(request) { // a gateway refuses it, or does not cache it
			continue
		}
		if i, ok := seen[string(request.Body)]; ok { // a gateway finds the same bytes
			all[i].exact = all[i].exact && request.exact
			continue
		}
		if q.text = prompt.UserText(request.Body); q.text == "" {
			continue
		}
		seen[string(request.Body)] = len(all)
		parts, err := p.Parts()
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", q.number, err)
		}
		shared, err := json.Marshal([]any{p.Model, p.Stream, parts})
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", q.number, err)
		}
		q.shared = string(shared)
		if vectors[q.text] == nil {
			if vectors[q.text], err = embed(e, q.text); err != nil {
				return nil, fmt.Errorf("embed the user messages of request %d: %w", q.number, err)
			}
		}
		q.vector = vectors[q.text]
		if len(all) > 0 && len(q.vector) != len(all[0].vector) {
			return nil, fmt.Errorf("the embedding of request %d has %d numbers, and the first had %d; use one model", q.number, len(q.vector), len(all[0].vector))
		}
		all = append(all, q)
	}
	return all, nil
}

// isCompletion reports whether a gateway would cache the answer.
func isCompletion(r Request) bool {
	return !r.Bypass && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/chat/completions")
}

// embedTimeout is as long as a gateway waits for an embedding.
const embedTimeout = 5 * time.Second

func embed(e devgateway.Embedder, text string) ([]float32, error) {
	ctx, cancel := context.WithTimeout(context.Background(), embedTimeout)
	defer cancel()
	v, err := e.Embed(ctx, text)
	if err != nil {
		return nil, err
	}
	return vector.Unit(v)
}
