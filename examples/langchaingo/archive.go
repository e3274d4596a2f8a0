package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/depgen/depgen/examples/langchaingo/deps"
	"github.com/depgen/depgen/runtime/devgateway"
)

// archive is the application's contract database, kept in memory. The number of
// contracts never changes.
type archive struct {
	mu    sync.Mutex
	texts []string
}

// change replaces a contract, and then drops the answers made from it.
func (a *archive) change(ctx context.Context, number int64, text string) error {
	a.mu.Lock()
	a.texts[number] = text
	a.mu.Unlock()
	return deps.InvalidateContract(ctx, number)
}

// model returns a model that reads the contracts itself, as file search does.
func (a *archive) model() http.RoundTripper {
	return devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
		var number int
		if _, err := fmt.Sscanf(q.Last(), "Sum up contract %d", &number); err != nil {
			return "", err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		return fmt.Sprintf("contract %d: %s", number, a.texts[number]), nil
	})
}
