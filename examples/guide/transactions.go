package guide

import (
	"context"
	"database/sql"
	"errors"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/txn"
)

// Rename changes a document in a transaction of a real database.
func Rename(ctx context.Context, db *sql.DB, id, text string) error {
	return txn.InTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE docs SET text = $1 WHERE id = $2`, text, id); err != nil {
			return err
		}
		return deps.InvalidateDoc(ctx, id)
	})
}

// RenameAll changes the documents that it can, each in a savepoint.
func RenameAll(ctx context.Context, db *sql.DB, texts map[string]string) (failed map[string]error, err error) {
	failed = map[string]error{}
	err = txn.InTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
		for id, text := range texts {
			err := txn.Savepoint(ctx, tx, func(ctx context.Context) error {
				if _, err := tx.ExecContext(ctx, `UPDATE docs SET text = $1 WHERE id = $2`, text, id); err != nil {
					return err
				}
				return deps.InvalidateDoc(ctx, id)
			})
			if err != nil {
				failed[id] = err
			}
		}
		return nil
	})
	return failed, err
}

// RenameSafely repeats a transaction that met another one, but none that is
// committed.
func RenameSafely(ctx context.Context, db *sql.DB, id, text string) error {
	for attempt := 1; ; attempt++ {
		err := Rename(ctx, db, id, text)
		if committed, ok := errors.AsType[*txn.FlushError](err); ok {
			return committed.Flush(ctx)
		}
		var state interface{ SQLState() string }
		if attempt == 5 || !errors.As(err, &state) || state.SQLState() != "40001" { // serialization failure
			return err
		}
	}
}
