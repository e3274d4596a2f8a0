package main

import (
	"context"
	"strings"
	"sync"

	"github.com/depgen/depgen/examples/anthropic/deps"
)

// list is the application's price list, kept in memory.
type list struct {
	mu     sync.Mutex
	prices map[string]string // by SKU
}

// change sets a price, and then drops the answers made from it.
func (l *list) change(ctx context.Context, sku, price string) error {
	l.mu.Lock()
	l.prices[sku] = price
	l.mu.Unlock()
	return deps.InvalidatePrice(ctx, sku)
}

// answer returns the answer of a model that looks up prices itself.
func (l *list) answer(question string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for sku, price := range l.prices {
		if strings.Contains(question, sku) {
			return sku + " costs " + price + "."
		}
	}
	return "I do not know."
}
