package databases

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/depgen/depgen/internal/testpg"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/txn"
	"github.com/depgen/depgen/runtime/txn/internal/txntest"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func open(t *testing.T, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// fill makes the table of the tests.
func fill(t *testing.T, db *sql.DB) *sql.DB {
	t.Helper()
	for _, statement := range []string{txntest.Schema, `INSERT INTO docs (id, text) VALUES (1, 'old')`} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func newSQLite(t *testing.T) *sql.DB {
	t.Helper()
	// With a write-ahead log, a reader does not wait for a writer.
	return fill(t, open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "docs.db")+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)"))
}

func newPostgres(t *testing.T) *sql.DB {
	t.Helper()
	return fill(t, open(t, "pgx", testpg.New(t)))
}

func wrap(tx *sql.Tx) txntest.Tx {
	return txntest.Tx{
		Exec: func(ctx context.Context, statement string) error {
			_, err := tx.ExecContext(ctx, statement)
			return err
		},
		Savepoint: func(ctx context.Context, f func(context.Context) error) error { return txn.Savepoint(ctx, tx, f) },
	}
}

func text(ctx context.Context, db *sql.DB) (text string, err error) {
	err = db.QueryRowContext(ctx, `SELECT text FROM docs WHERE id = 1`).Scan(&text)
	return text, err
}

func run(t *testing.T, newDB func(*testing.T) *sql.DB) {
	t.Helper()
	txntest.Run(t, func(t *testing.T) txntest.Database {
		t.Helper()
		db := newDB(t)
		return txntest.Database{
			InTx: func(ctx context.Context, f func(context.Context, txntest.Tx) error) error {
				return txn.InTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error { return f(ctx, wrap(tx)) })
			},
			Text: func(ctx context.Context) (string, error) { return text(ctx, db) },
		}
	})
}

func TestInTx_SQLite(t *testing.T) {
	t.Parallel()
	run(t, newSQLite)
}

func TestInTx_PostgreSQL(t *testing.T) {
	t.Parallel()
	run(t, newPostgres)
}

// One of two transactions fails, and a second attempt of it invalidates once.
func TestInTx_RetriedSerializationFailure(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	rec := cachecoretest.NewRecorder(t)
	ctx := cachecore.WithInvalidator(t.Context(), rec)
	serializable := &sql.TxOptions{Isolation: sql.LevelSerializable}
	write := func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE docs SET text = text || '!' WHERE id = 1`); err != nil {
			return err
		}
		return cachecore.Invalidate(ctx, txntest.Doc("1"))
	}
	attempts := 0
	attempt := func() error {
		return txn.InTx(ctx, db, serializable, func(ctx context.Context, tx *sql.Tx) error {
			var before string
			if err := tx.QueryRowContext(ctx, `SELECT text FROM docs WHERE id = 1`).Scan(&before); err != nil {
				return err
			}
			if attempts++; attempts == 1 { // another transaction comes first
				if err := txn.InTx(ctx, db, serializable, write); err != nil {
					return err
				}
			}
			return write(ctx, tx)
		})
	}
	err := attempt()
	var failure *pgconn.PgError
	if !errors.As(err, &failure) || failure.Code != "40001" || len(rec.Invalidated()) != 1 {
		t.Fatalf("got %v, %v; want a serialization failure, and the other transaction's invalidation", err, rec.Invalidated())
	}
	if err := attempt(); err != nil {
		t.Fatal(err)
	}
	if got, err := text(ctx, db); err != nil || got != "old!!" || len(rec.Invalidated()) != 2 {
		t.Errorf("text %q, %v; invalidated %v", got, err, rec.Invalidated())
	}
}

// The commit is done, but its answer is lost with the connection.
func TestInTx_CommitWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	url := testpg.New(t)
	direct := fill(t, open(t, "pgx", url))
	db := open(t, "pgx", txntest.NewProxy(t, url, "commit").URL)
	rec := cachecoretest.NewRecorder(t)
	err := txn.InTx(cachecore.WithInvalidator(t.Context(), rec), db, nil, func(ctx context.Context, tx *sql.Tx) error {
		return wrap(tx).Put(ctx, "new")
	})
	if _, unknown := errors.AsType[*txn.CommitUnknownError](err); !unknown {
		t.Errorf("got %v", err)
	}
	rec.RequireInvalidated(txntest.Doc("1"))
	if got, err := text(t.Context(), direct); err != nil || got != "new" {
		t.Errorf("the text is %q, %v; want it committed", got, err)
	}
}
