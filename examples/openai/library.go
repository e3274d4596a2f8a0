package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/depgen/depgen/examples/openai/deps"
	"github.com/depgen/depgen/runtime/devgateway"
)

// library is the application's document store, kept in memory.
type library struct {
	mu    sync.Mutex
	texts map[string]string
}

// find returns the names of the documents that a question is about, and records
// them as read.
func (l *library) find(ctx context.Context, question string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for _, name := range slices.Sorted(maps.Keys(l.texts)) {
		if strings.Contains(question, name) {
			deps.UseDoc(ctx, name)
			found = append(found, name)
		}
	}
	return found
}

// change replaces a document, and then drops the answers made from it.
func (l *library) change(ctx context.Context, name, text string) error {
	l.mu.Lock()
	l.texts[name] = text
	l.mu.Unlock()
	return deps.InvalidateDoc(ctx, name)
}

// model returns a model that reads the named files itself, as file search does.
func (l *library) model() http.RoundTripper {
	return devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
		line, _, _ := strings.Cut(q.Messages[0].Text, "\n")
		files := strings.TrimPrefix(line, "You answer from these files: ")
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.texts[files], nil
	})
}
