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
// An LLM request inside the transaction goes uncached if it depends on data
// that the transaction has changed: see [cachecore.ErrUncommitted].
//
// A crash between the commit and the invalidation loses the invalidation.
//
// [InTx] and [Savepoint] work with database/sql. [Do] and [Nest] work with
// every transaction that has Commit and Rollback, such as those of sqlx, bun
// and ent. The modules pgxtxn and gormtxn do the same for pgx and gorm.
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

	changes *changes
}

func (e *FlushError) Error() string {
	return fmt.Sprintf("txn: committed, not invalidated; do not repeat the transaction, call Flush of this error: %v", e.Err)
}

// Unwrap returns the invalidator's error.
func (e *FlushError) Unwrap() error { return e.Err }

// Flush sends the invalidations that have failed. It returns a FlushError if
// some fail once more.
func (e *FlushError) Flush(ctx context.Context) error {
	if err := e.changes.flush(ctx); err != nil {
		return &FlushError{err, e.changes}
	}
	return nil
}

// CommitUnknownError reports that a transaction has ended in a way that does
// not tell whether it was committed, such as a commit whose answer was lost. Do
// and InTx have then tried to invalidate in any case.
type CommitUnknownError struct {
	Err      error // of the commit
	FlushErr error // of the invalidator; nil if the cache was invalidated

	changes *changes
}

func (e *CommitUnknownError) Error() string {
	text := fmt.Sprintf("txn: the outcome of the transaction is unknown; read the data before you repeat it: %v", e.Err)
	if e.FlushErr != nil {
		text += fmt.Sprintf("; not invalidated, call Flush of this error: %v", e.FlushErr)
	}
	return text
}

// Unwrap returns the errors of the commit and of the invalidator.
func (e *CommitUnknownError) Unwrap() []error {
	if e.FlushErr == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.FlushErr}
}

// Flush sends the invalidations that have failed. It returns the invalidator's
// error if some fail once more.
func (e *CommitUnknownError) Flush(ctx context.Context) error { return e.changes.flush(ctx) }

// ErrNoTransaction is returned by [Nest] and [Savepoint] for a context that is
// not that of a transaction.
var ErrNoTransaction = errors.New("txn: context has no transaction; use the one that InTx or Do passes to its function")

// Do begins a transaction and calls f with it and with a context that collects
// invalidations. If f returns nil, Do commits and then invalidates, through the
// invalidator of ctx. If f returns an error or panics, or if ctx has ended, Do
// rolls back and drops the invalidations. f must not end the transaction. After
// the end, an invalidation with the context of f is sent at once.
//
// Do returns [cachecore.ErrNoInvalidator] before it begins if ctx has no
// invalidator. After a commit it returns nil or a [FlushError]. It waits for
// the invalidations even if ctx has ended meanwhile, because the data is
// changed. If the outcome is unknown, it invalidates and returns a
// [CommitUnknownError].
//
// Transactions of Do are independent of each other: a transaction that begins
// inside f invalidates when it is committed, even if the outer one is rolled
// back.
func Do[T Tx](ctx context.Context, begin func(context.Context) (T, error), f func(ctx context.Context, tx T) error) error {
	base, ok := cachecore.InvalidatorFrom(ctx)
	if outer := changesOf(ctx); outer != nil {
		base, ok = outer.base, true
	}
	if !ok {
		return cachecore.ErrNoInvalidator
	}
	c := newChanges(base, base)
	defer c.end()
	flush := func() error { return c.flush(context.WithoutCancel(ctx)) }
	ended, err := run(ctx, c, begin, f, flush)
	switch ended {
	case committed:
		if err := flush(); err != nil {
			return &FlushError{err, c}
		}
		return nil
	case unknown:
		return &CommitUnknownError{err, flush(), c}
	default:
		return err
	}
}

// Nest does the same as [Do] for a part of a transaction, such as a savepoint.
// ctx must be the context of the outer transaction, to which the invalidations
// of the part are added. They are also added if it is unknown whether the part
// was rolled back.
func Nest[T Tx](ctx context.Context, begin func(context.Context) (T, error), f func(ctx context.Context, tx T) error) error {
	outer := changesOf(ctx)
	if outer == nil {
		return ErrNoTransaction
	}
	c := newChanges(outer, outer.base)
	outer.begin(c)
	defer c.end()
	flush := func() error { return c.flush(ctx) }
	ended, err := run(ctx, c, func(ctx context.Context) (part[T], error) {
		tx, err := begin(ctx)
		return part[T]{tx}, err
	}, func(ctx context.Context, p part[T]) error { return f(ctx, p.tx) }, flush)
	if ended == rolledBack {
		return err
	}
	return errors.Join(err, flush())
}

// part is a part of a transaction. If it cannot be committed, it is rolled
// back, so that the transaction can go on.
type part[T Tx] struct{ tx T }

func (p part[T]) Commit() error {
	err := p.tx.Commit()
	if err == nil {
		return nil
	}
	if failed := p.tx.Rollback(); failed != nil {
		return errors.Join(err, failed)
	}
	return &rolledBackError{err}
}

// Rollback reports ErrTxDone if it fails, because the changes may stay.
func (p part[T]) Rollback() error {
	if err := p.tx.Rollback(); err != nil {
		return errors.Join(sql.ErrTxDone, err)
	}
	return nil
}

// rolledBackError is the error of a commit that was followed by a rollback.
type rolledBackError struct{ error }

func (e *rolledBackError) Unwrap() error { return e.error }

// outcome tells how a transaction has ended.
type outcome int

const (
	rolledBack outcome = iota
	committed
	unknown
)

// run begins a transaction, calls f, and commits or rolls back. If f panics and
// may have committed, it calls flush.
func run[T Tx](ctx context.Context, c *changes, begin func(context.Context) (T, error), f func(ctx context.Context, tx T) error, flush func() error) (outcome, error) {
	// database/sql rolls back when the context of the beginning ends. Then a
	// transaction that is already done would not tell who has ended it.
	beginning, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	tx, err := begin(beginning)
	if err != nil {
		return rolledBack, fmt.Errorf("txn: begin: %w", err)
	}
	if !stop() {
		return rolledBack, errors.Join(context.Cause(ctx), ignoreDone(tx.Rollback()))
	}
	returned := false
	defer func() {
		if !returned && errors.Is(tx.Rollback(), sql.ErrTxDone) { // f panicked, or ended its goroutine
			_ = flush() // the panic goes on
		}
	}()
	err = f(c.in(ctx), tx)
	returned = true
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = tx.Commit()
		switch {
		case err == nil:
			return committed, nil
		case isRolledBack(err):
			return rolledBack, fmt.Errorf("txn: commit: %w", err)
		}
		return unknown, err
	}
	switch failed := tx.Rollback(); {
	case failed == nil:
		return rolledBack, err
	case errors.Is(failed, sql.ErrTxDone): // f has ended it, perhaps by a commit
		return unknown, errors.Join(err, fmt.Errorf("txn: roll back: %w", failed))
	default:
		return rolledBack, errors.Join(err, fmt.Errorf("txn: roll back: %w", failed))
	}
}

// ignoreDone returns the error of a rollback, unless database/sql has rolled
// back already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// isRolledBack reports whether err is a database's answer to a commit that says
// that it was rolled back. Errors of the PostgreSQL drivers have an SQLState.
func isRolledBack(err error) bool {
	if known := (*rolledBackError)(nil); errors.As(err, &known) {
		return true
	}
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
