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
// Savepoint writes SAVEPOINT, RELEASE and ROLLBACK TO, as PostgreSQL, SQLite
// and MySQL read them.
func Savepoint(ctx context.Context, tx *sql.Tx, f func(ctx context.Context) error) error {
	return Nest(ctx, func(ctx context.Context) (*savepoint, error) {
		s := &savepoint{tx: tx, name: fmt.Sprintf("depgen_%d", savepoints.Add(1))}
		_, err := tx.ExecContext(ctx, "SAVEPOINT "+s.name)
		return s, err
	}, func(ctx context.Context, _ *savepoint) error { return f(ctx) })
}

// savepoints numbers the savepoints of the process.
var savepoints atomic.Uint64

// savepoint is a savepoint as a transaction. It ends without a context, because
// the context of f may have ended.
type savepoint struct {
	tx   *sql.Tx
	name string
}

func (s *savepoint) Commit() error { return s.exec("RELEASE SAVEPOINT ") }

func (s *savepoint) Rollback() error {
	if err := s.exec("ROLLBACK TO SAVEPOINT "); err != nil {
		return err
	}
	return s.exec("RELEASE SAVEPOINT ")
}

func (s *savepoint) exec(statement string) error {
	_, err := s.tx.ExecContext(context.Background(), statement+s.name)
	return err
}
