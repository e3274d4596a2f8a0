package txn

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
)

// DB begins transactions. *sql.DB and *sql.Conn implement it.
type DB interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// InTx calls f in a transaction of db, and invalidates after the commit: see
// [Do]. It does not repeat a transaction that fails.
func InTx(ctx context.Context, db DB, opts *sql.TxOptions, f func(ctx context.Context, tx *sql.Tx) error) error {
	return Do(ctx, func(ctx context.Context) (*sql.Tx, error) { return db.BeginTx(ctx, opts) }, f)
}

// Savepoint calls f inside a savepoint of tx: see [Nest]. If f fails or panics,
// the transaction goes back to the savepoint, and the invalidations of f are
// dropped. The transaction can go on. ctx must be that of tx.
func Savepoint(ctx context.Context, tx *sql.Tx, f func(ctx context.Context) error) error {
	return SavepointWith(ctx, func(ctx context.Context, statement string) error {
		_, err := tx.ExecContext(ctx, statement)
		return err
	}, f)
}

// SavepointWith does the same as [Savepoint] for a transaction in which exec
// executes a statement. The statements are SAVEPOINT, RELEASE SAVEPOINT and
// ROLLBACK TO SAVEPOINT, as PostgreSQL, SQLite and MySQL read them.
func SavepointWith(ctx context.Context, exec func(ctx context.Context, statement string) error, f func(ctx context.Context) error) error {
	return Nest(ctx, func(ctx context.Context) (savepoint, error) {
		name := fmt.Sprintf("SAVEPOINT depgen_%d", savepoints.Add(1))
		s := savepoint{name, func(statement string) error { return exec(ctx, statement) }}
		return s, s.exec(name)
	}, func(ctx context.Context, _ savepoint) error { return f(ctx) })
}

// savepoints numbers the savepoints of the process.
var savepoints atomic.Uint64

// savepoint is a savepoint as a transaction. It executes with the context of the
// beginning, which outlives that of f.
type savepoint struct {
	name string
	exec func(statement string) error
}

func (s savepoint) Commit() error { return s.exec("RELEASE " + s.name) }

func (s savepoint) Rollback() error {
	if err := s.exec("ROLLBACK TO " + s.name); err != nil {
		return err
	}
	return s.Commit()
}
