package guide

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/depgen/depgen/examples/guide/deps"
)

// DB is the application's database, kept in memory.
type DB struct {
	mu   sync.Mutex
	docs map[string]string
}

// NewDB returns a database with a copy of docs.
func NewDB(docs map[string]string) *DB { return &DB{docs: maps.Clone(docs)} }

// Doc returns the text of a document. It records the read even if the document
// is missing: an answer can depend on that too.
func (db *DB) Doc(ctx context.Context, id string) (string, error) {
	deps.UseDoc(ctx, id)
	db.mu.Lock()
	defer db.mu.Unlock()
	text, ok := db.docs[id]
	if !ok {
		return "", fmt.Errorf("document %q does not exist", id)
	}
	return text, nil
}

// Put writes a document.
func (db *DB) Put(ctx context.Context, id, text string) error {
	return db.InTx(ctx, func(tx *Tx) error { return tx.Put(id, text) })
}

// Tx is a transaction.
type Tx struct{ writes map[string]string }

// Put writes a document when the transaction is committed.
func (tx *Tx) Put(id, text string) error {
	if text == "" {
		return fmt.Errorf("document %q has no text", id)
	}
	tx.writes[id] = text
	return nil
}

// InTx calls f, and commits the writes of f unless it returns an error.
func (db *DB) InTx(_ context.Context, f func(*Tx) error) error {
	tx := &Tx{writes: map[string]string{}}
	if err := f(tx); err != nil {
		return err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	maps.Copy(db.docs, tx.writes)
	return nil
}

// longest returns the documents' longest notice.
func (db *DB) longest() string {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.Max(slices.Collect(maps.Values(db.docs)))
}
