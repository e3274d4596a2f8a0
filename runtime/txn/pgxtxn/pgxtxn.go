// Package pgxtxn ties the invalidations of a pgx transaction to its end: see
// package txn.
package pgxtxn

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/depgen/depgen/runtime/txn"
)

// DB begins transactions. *pgxpool.Pool and *pgx.Conn implement it.
type DB interface {
	BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error)
}

// InTx calls f in a transaction of db, and invalidates after the commit: see
// [txn.Do]. It does not repeat a transaction that fails.
func InTx(ctx context.Context, db DB, opts pgx.TxOptions, f func(ctx context.Context, tx pgx.Tx) error) error {
	return txn.Do(ctx, func(ctx context.Context) (ending, error) {
		tx, err := db.BeginTx(ctx, opts)
		return ending{ctx, tx}, err
	}, func(ctx context.Context, e ending) error { return f(ctx, e.tx) })
}

// Savepoint calls f inside a savepoint of tx: see [txn.Nest]. If f fails or
// panics, the transaction goes back to the savepoint, and the invalidations of
// f are dropped. The transaction can go on. ctx must be that of tx.
func Savepoint(ctx context.Context, tx pgx.Tx, f func(ctx context.Context, tx pgx.Tx) error) error {
	return txn.SavepointWith(ctx, func(ctx context.Context, statement string) error {
		_, err := tx.Exec(ctx, statement)
		return err
	}, func(ctx context.Context) error { return f(ctx, tx) })
}

// ending ends a transaction in the way of database/sql.
type ending struct {
	ctx context.Context //nolint:containedctx // of the beginning, which outlives that of f
	tx  pgx.Tx
}

// Commit implements [txn.Tx].
func (e ending) Commit() error {
	err := e.tx.Commit(e.ctx)
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return rolledBackError{err}
	}
	return err
}

// Rollback implements [txn.Tx].
func (e ending) Rollback() error {
	err := e.tx.Rollback(e.ctx)
	if errors.Is(err, pgx.ErrTxClosed) {
		return fmt.Errorf("%w: %w", sql.ErrTxDone, err)
	}
	return err
}

// rolledBackError is the error of a commit after a statement has failed, with
// the SQLSTATE that PostgreSQL gives to the statements in between.
type rolledBackError struct{ error }

func (e rolledBackError) Unwrap() error { return e.error }

// SQLState returns in_failed_sql_transaction.
func (rolledBackError) SQLState() string { return "25P02" }
