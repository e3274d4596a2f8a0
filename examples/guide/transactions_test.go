package guide

import (
	"context"
	"errors"
	"testing"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/txn"
)

// ent is the part of generated ent code that a transaction needs.
type ent struct{}

func (ent) Tx(context.Context) (*entTx, error) { return &entTx{}, nil }

type entTx struct{ Doc entDocs }

func (*entTx) Commit() error   { return nil }
func (*entTx) Rollback() error { return nil }

type entDocs struct{}

func (entDocs) UpdateOneID(string) entDocs { return entDocs{} }
func (d entDocs) SetText(string) entDocs   { return d }
func (entDocs) Exec(context.Context) error { return nil }

func renameWithEnt(ctx context.Context, client ent, id, text string) error {
	return txn.Do(ctx, client.Tx, func(ctx context.Context, tx *entTx) error {
		return errors.Join(tx.Doc.UpdateOneID(id).SetText(text).Exec(ctx), deps.InvalidateDoc(ctx, id))
	})
}

func TestRenameWithEnt(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	check(t, renameWithEnt(cachecore.WithInvalidator(t.Context(), rec), ent{}, "contract-123", "new"))
	rec.RequireInvalidated(deps.DepDoc("contract-123"))
}
