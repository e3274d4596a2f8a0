// Package txn ties the invalidations of a database transaction to its end. They
// are sent after the commit, and dropped on rollback and panic:
//
//	err := txn.InTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
//		if _, err := tx.ExecContext(ctx, `UPDATE docs SET text = $1 WHERE id = $2`, text, id); err != nil {
//			return err
//		}
//		return deps.InvalidateDoc(ctx, id)
//	})
//
// An LLM request inside the transaction that depends on data which it has
// changed goes uncached: see [cachecore.ErrUncommitted].
//
// A crash between the commit and the invalidation loses the invalidation.
//
// [InTx] and [Savepoint] work with database/sql. [Do] and [Nest] work with every
// transaction that has Commit and Rollback, such as those of sqlx, bun and ent.
// The modules pgxtxn and gormtxn do the same for pgx and gorm.
package txn

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/depgen/depgen/runtime/cachecore"
)

// Tx is the part of a transaction that ends it.
type Tx interface {
	Commit() error
	Rollback() error
}

// FlushError reports that a transaction was committed, but that the cache was
// not invalidated. Do not repeat the transaction; call Flush instead.
type FlushError struct {
	Err error // of the invalidator

	batch *cachecore.Batch
	to    cachecore.Invalidator
}

func (e *FlushError) Error() string {
	return fmt.Sprintf("txn: committed, not invalidated; do not repeat the transaction, call Flush of this error: %v", e.Err)
}

// Unwrap returns the invalidator's error.
func (e *FlushError) Unwrap() error { return e.Err }

// Flush sends the invalidations again that have failed. It returns a FlushError
// if some fail once more.
func (e *FlushError) Flush(ctx context.Context) error { return flush(ctx, e.batch, e.to) }

// UnknownError reports that a commit failed in a way that does not tell whether
// the transaction was committed, such as a lost connection. The cache was
// invalidated in any case.
type UnknownError struct{ Err error }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("txn: commit failed, and may have been done; read the data before you repeat the transaction: %v", e.Err)
}

// Unwrap returns the error of the commit.
func (e *UnknownError) Unwrap() error { return e.Err }

// ErrNoTransaction is returned by [Nest] and [Savepoint] for a context that is
// not that of a transaction.
var ErrNoTransaction = errors.New("txn: context has no transaction; use the one that InTx or Do passes to its function")

// pending is the invalidator in the context of a transaction.
type pending struct {
	*cachecore.Batch

	base cachecore.Invalidator // for committed changes
}

// Do begins a transaction and calls f with it and with a context that collects
// invalidations. If f returns nil, Do commits and then invalidates, through the
// invalidator of ctx. If f returns an error or panics, Do rolls back and drops
// the invalidations.
//
// Do returns [cachecore.ErrNoInvalidator] before it begins if ctx has no
// invalidator. After a commit it returns nil or a [FlushError]. It waits for the
// invalidations even if ctx has ended meanwhile, because the data is changed. An
// error of the commit itself is an [UnknownError], unless the database has
// reported that it rolled back.
//
// Transactions of Do are independent of each other: a transaction that begins
// inside f invalidates when it is committed, even if the outer one is rolled
// back.
func Do[T Tx](ctx context.Context, begin func(context.Context) (T, error), f func(ctx context.Context, tx T) error) error {
	base, ok := cachecore.InvalidatorFrom(ctx)
	if !ok {
		return cachecore.ErrNoInvalidator
	}
	for outer, is := base.(*pending); is; outer, is = base.(*pending) {
		base = outer.base
	}
	batch := cachecore.NewBatch()
	committed, err := run(cachecore.WithInvalidator(ctx, &pending{batch, base}), begin, f)
	if !committed {
		return err
	}
	return errors.Join(err, flush(ctx, batch, base))
}

// Nest does the same as [Do] for a part of a transaction, such as a savepoint.
// ctx must be the context of the outer transaction. The invalidations are sent
// when the outer one is committed.
func Nest[T Tx](ctx context.Context, begin func(context.Context) (T, error), f func(ctx context.Context, tx T) error) error {
	inv, _ := cachecore.InvalidatorFrom(ctx)
	outer, ok := inv.(*pending)
	if !ok {
		return ErrNoTransaction
	}
	batch := cachecore.NewBatch()
	committed, err := run(cachecore.WithInvalidator(ctx, &pending{batch, outer.base}), begin, f)
	if !committed {
		return err
	}
	return errors.Join(err, batch.Flush(cachecore.WithInvalidator(ctx, outer)))
}

// run begins a transaction, calls f, and commits or rolls back. It reports
// whether the transaction was committed or may have been.
func run[T Tx](ctx context.Context, begin func(context.Context) (T, error), f func(ctx context.Context, tx T) error) (committed bool, err error) {
	tx, err := begin(ctx)
	if err != nil {
		return false, fmt.Errorf("txn: begin: %w", err)
	}
	returned := false
	defer func() {
		if !returned { // f panicked, or ended its goroutine
			_ = tx.Rollback()
		}
	}()
	err = f(ctx, tx)
	returned = true
	if err == nil {
		err = tx.Commit()
		switch {
		case err == nil:
			return true, nil
		case rolledBack(err):
			return false, fmt.Errorf("txn: commit: %w", err)
		}
		return true, &UnknownError{err}
	}
	switch failed := tx.Rollback(); {
	case failed == nil, errors.Is(failed, sql.ErrTxDone) && ctx.Err() != nil: // database/sql has rolled it back
		return false, err
	case errors.Is(failed, sql.ErrTxDone): // f has ended it, perhaps by a commit
		return true, errors.Join(err, &UnknownError{failed})
	default:
		return false, errors.Join(err, fmt.Errorf("txn: roll back: %w", failed))
	}
}

// flush sends the batch of a committed transaction.
func flush(ctx context.Context, batch *cachecore.Batch, to cachecore.Invalidator) error {
	if err := batch.Flush(cachecore.WithInvalidator(context.WithoutCancel(ctx), to)); err != nil {
		return &FlushError{err, batch, to}
	}
	return nil
}

// rolledBack reports whether err is a database's answer to a commit that says
// that it was rolled back. Errors of the PostgreSQL drivers have an SQLState.
func rolledBack(err error) bool {
	var answer interface{ SQLState() string }
	if !errors.As(err, &answer) {
		return false
	}
	state := answer.SQLState()
	if len(state) != 5 || state == "40003" { // 40003: statement completion unknown
		return false
	}
	switch state[:2] {
	case "08", "57", "58", "XX": // connection, operator intervention, system and internal errors
		return false
	}
	return true
}
