package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/openai/openai-go/v3"

	"github.com/depgen/depgen/examples/quickstart/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// desk answers questions about contracts, and changes them.
type desk struct {
	llm       openai.Client
	contracts *store
}

// Ask answers a question about one contract. The answer is cached until that
// contract changes.
func (d *desk) Ask(ctx context.Context, id, question string) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepContract(id))
	return d.complete(ctx, question+" "+id)
}

// AskAll answers a question about all contracts. The answer is cached until any
// of them changes.
func (d *desk) AskAll(ctx context.Context, question string) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepTable(deps.TableContracts))
	return d.complete(ctx, question)
}

// Stream is like Ask, but calls piece with each piece of the answer.
func (d *desk) Stream(ctx context.Context, id, question string, piece func(string)) error {
	ctx = cachecore.WithDeps(ctx, deps.DepContract(id))
	stream := d.llm.Chat.Completions.NewStreaming(ctx, prompt(question+" "+id))
	defer stream.Close()
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			piece(choice.Delta.Content)
		}
	}
	return stream.Err()
}

// Change replaces the text of a contract, and then drops the answers made
// from it.
func (d *desk) Change(ctx context.Context, id, text string) error {
	d.contracts.put(id, text)
	return deps.InvalidateContract(ctx, id)
}

func (d *desk) complete(ctx context.Context, question string) (string, error) {
	answer, err := d.llm.Chat.Completions.New(ctx, prompt(question))
	if err != nil {
		return "", err
	}
	if len(answer.Choices) == 0 {
		return "", fmt.Errorf("the model gave no answer to %q", question)
	}
	return answer.Choices[0].Message.Content, nil
}

func prompt(question string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{
		Model: "gpt-4o",
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.SystemMessage("You answer from the contracts of the desk."),
			openai.UserMessage(question),
		},
	}
}

// store is the application's database, kept in memory.
type store struct {
	mu    sync.Mutex
	texts map[string]string
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
