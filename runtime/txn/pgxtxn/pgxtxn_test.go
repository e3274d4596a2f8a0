package pgxtxn_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/depgen/depgen/internal/testpg"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/txn"
	"github.com/depgen/depgen/runtime/txn/internal/txntest"
	"github.com/depgen/depgen/runtime/txn/pgxtxn"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func open(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func newPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := open(t, testpg.New(t))
	if _, err := pool.Exec(t.Context(), txntest.Schema+"; INSERT INTO docs VALUES (1, 'old')"); err != nil {
		t.Fatal(err)
	}
	return pool
}

func text(ctx context.Context, pool *pgxpool.Pool) (text string, err error) {
	err = pool.QueryRow(ctx, `SELECT text FROM docs WHERE id = 1`).Scan(&text)
	return text, err
}

func wrap(tx pgx.Tx) txntest.Tx {
	return txntest.Tx{
		Exec: func(ctx context.Context, statement string) error {
			_, err := tx.Exec(ctx, statement)
			return err
		},
		Savepoint: func(ctx context.Context, f func(context.Context) error) error {
			return pgxtxn.Savepoint(ctx, tx, func(ctx context.Context, _ pgx.Tx) error { return f(ctx) })
		},
	}
}

func TestInTx(t *testing.T) {
	t.Parallel()
	txntest.Run(t, func(t *testing.T) txntest.Database {
		t.Helper()
		pool := newPool(t)
		return txntest.Database{
			InTx: func(ctx context.Context, f func(context.Context, txntest.Tx) error) error {
				return pgxtxn.InTx(ctx, pool, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error { return f(ctx, wrap(tx)) })
			},
			Text: func(ctx context.Context) (string, error) { return text(ctx, pool) },
		}
	})
}

// rename is on the page about transactions.
func rename(ctx context.Context, pool *pgxpool.Pool, id, text string) error {
	return pgxtxn.InTx(ctx, pool, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE docs SET text = $1 WHERE id = $2`, text, id); err != nil {
			return err
		}
		return cachecore.Invalidate(ctx, cachecore.NewDep("doc:"+id)) // generated code has InvalidateDoc
	})
}

func TestRename(t *testing.T) {
	t.Parallel()
	pool, rec := newPool(t), cachecoretest.NewRecorder(t)
	if err := rename(cachecore.WithInvalidator(t.Context(), rec), pool, "1", "new"); err != nil {
		t.Fatal(err)
	}
	rec.RequireInvalidated(txntest.Doc("1"))
	if got, err := text(t.Context(), pool); err != nil || got != "new" {
		t.Errorf("the text is %q, %v", got, err)
	}
}

// Two transactions read and write the same row. One of them fails, and a second
// attempt of it invalidates once.
func TestInTx_RetriedSerializationFailure(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	rec := cachecoretest.NewRecorder(t)
	ctx := cachecore.WithInvalidator(t.Context(), rec)
	serializable := pgx.TxOptions{IsoLevel: pgx.Serializable}
	write := func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE docs SET text = text || '!' WHERE id = 1`); err != nil {
			return err
		}
		return cachecore.Invalidate(ctx, txntest.Doc("1"))
	}
	attempts := 0
	attempt := func() error {
		return pgxtxn.InTx(ctx, pool, serializable, func(ctx context.Context, tx pgx.Tx) error {
			var before string
			if err := tx.QueryRow(ctx, `SELECT text FROM docs WHERE id = 1`).Scan(&before); err != nil {
				return err
			}
			if attempts++; attempts == 1 { // another transaction comes first
				if err := pgxtxn.InTx(ctx, pool, serializable, write); err != nil {
					return err
				}
				rec.RequireInvalidated(txntest.Doc("1"))
			}
			return write(ctx, tx)
		})
	}
	err := attempt()
	var failure *pgconn.PgError
	if !errors.As(err, &failure) || failure.Code != "40001" {
		t.Fatalf("got %v, want a serialization failure", err)
	}
	if n := len(rec.Invalidated()); n != 1 {
		t.Errorf("%d invalidations after a rollback, want only that of the other transaction", n)
	}
	if err := attempt(); err != nil {
		t.Fatal(err)
	}
	if got, err := text(ctx, pool); err != nil || got != "old!!" || len(rec.Invalidated()) != 2 {
		t.Errorf("text %q, %v; invalidated %v", got, err, rec.Invalidated())
	}
}

// PostgreSQL answers a commit with ROLLBACK after a statement has failed.
func TestInTx_CommitOfAFailedTransaction(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	rec := cachecoretest.NewRecorder(t)
	err := pgxtxn.InTx(cachecore.WithInvalidator(t.Context(), rec), pool, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		if err := wrap(tx).Put(ctx, "new"); err != nil {
			return err
		}
		_, _ = tx.Exec(ctx, `SELECT 1/0`) // an error that is forgotten
		return nil
	})
	var unknown *txn.CommitUnknownError
	if !errors.Is(err, pgx.ErrTxCommitRollback) || errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	rec.RequireNotInvalidated()
}

// The commit is done, but its answer is lost with the connection.
func TestInTx_CommitWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	url := testpg.New(t)
	direct := open(t, url)
	if _, err := direct.Exec(t.Context(), txntest.Schema+"; INSERT INTO docs VALUES (1, 'old')"); err != nil {
		t.Fatal(err)
	}
	proxy := txntest.NewProxy(t, url, "commit")
	pool := open(t, proxy.URL)
	rec := cachecoretest.NewRecorder(t)
	err := pgxtxn.InTx(cachecore.WithInvalidator(t.Context(), rec), pool, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		return wrap(tx).Put(ctx, "new")
	})
	var unknown *txn.CommitUnknownError
	if !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	rec.RequireInvalidated(txntest.Doc("1"))
	if got, err := text(t.Context(), direct); err != nil || got != "new" {
		t.Errorf("the text is %q, %v; want it committed", got, err)
	}
}
