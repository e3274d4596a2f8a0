package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/openai/openai-go/v3"

	"github.com/depgen/depgen/runtime/cachecore"
)

// desk answers questions about contracts, and changes them.
type desk struct {
	contracts *store
	llm       openai.Client
}

// complete asks the model. The scope keeps answers about different data apart,
// however similar the questions are.
func (d *desk) complete(ctx context.Context, question string) (string, error) {
	answer, err := d.llm.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model: "gpt-4o",
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage("Answer in one sentence. " + cachecore.Scope(ctx)),
			openai.UserMessage(question),
		},
	})
	if err != nil {
		return "", err
	}
	if len(answer.Choices) == 0 {
		return "", errors.New("the model gave no answer")
	}
	return answer.Choices[0].Message.Content, nil
}

// step is one line of the output.
type step struct {
	name string
	do   func(context.Context) (string, error)
}

// show takes the steps, and prints the cache status and the answer of each.
func show(ctx context.Context, out io.Writer, steps []step) error {
	for _, s := range steps {
		ctx, call := cachecore.WithCall(ctx)
		text, err := s.do(ctx)
		if err != nil {
			return err
		}
		status := ""
		if len(call.Statuses()) > 0 {
			status = call.Status().String()
		}
		fmt.Fprintf(out, "%-20s %-7s %s\n", s.name, status, text)
	}
	return nil
}

// store is the application's database, kept in memory.
type store struct {
	mu    sync.Mutex
	texts map[string]string
}

// newStore returns a store with the given ids and texts.
func newStore(pairs ...string) *store {
	s := &store{texts: map[string]string{}}
	for pair := range slices.Chunk(pairs, 2) {
		s.texts[pair[0]] = pair[1]
	}
	return s
}

func (s *store) put(id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[id] = text
}

// relevant returns the contract that the question names, or else all contracts.
func (s *store) relevant(question string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, id := range slices.Sorted(maps.Keys(s.texts)) {
		if strings.Contains(question, id) {
			return id + ": " + s.texts[id]
		}
		found = append(found, id+": "+s.texts[id])
	}
	return strings.Join(found, "; ")
}
