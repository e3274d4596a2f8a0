// Package gormtxn ties the invalidations of a gorm transaction to its end: see
// package txn.
package gormtxn

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/depgen/depgen/runtime/txn"
)

// InTx calls f in a transaction of db, and invalidates after the commit: see
// [txn.Do]. It does not repeat a transaction that fails. f must use its tx,
// whose context is ctx.
func InTx(ctx context.Context, db *gorm.DB, opts *sql.TxOptions, f func(ctx context.Context, tx *gorm.DB) error) error {
	return txn.Do(ctx, func(ctx context.Context) (ending, error) {
		tx := db.WithContext(ctx).Begin(opts)
		return ending{tx}, tx.Error
	}, func(ctx context.Context, e ending) error { return f(ctx, e.tx.WithContext(ctx)) })
}

// Savepoint calls f inside a savepoint of tx: see [txn.Nest]. If f fails or
// panics, the transaction goes back to the savepoint, and the invalidations of
// f are dropped. The transaction can go on. ctx must be that of tx. The
// database is one that has RELEASE SAVEPOINT, such as PostgreSQL, SQLite and
// MySQL.
func Savepoint(ctx context.Context, tx *gorm.DB, f func(ctx context.Context, tx *gorm.DB) error) error {
	return txn.SavepointWith(ctx, func(ctx context.Context, statement string) error {
		return tx.WithContext(ctx).Exec(statement).Error
	}, func(ctx context.Context) error { return f(ctx, tx.WithContext(ctx)) })
}

// ending ends a transaction in the way of database/sql.
type ending struct{ tx *gorm.DB }

// Commit implements [txn.Tx].
func (e ending) Commit() error { return e.tx.Commit().Error }

// Rollback implements [txn.Tx].
func (e ending) Rollback() error { return e.tx.Rollback().Error }
