package gormtxn_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/glebarez/sqlite"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/depgen/depgen/internal/testpg"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/txn/gormtxn"
	"github.com/depgen/depgen/runtime/txn/internal/txntest"
)

func TestMain(m *testing.M) { testpg.Main(m) }

func open(t *testing.T, driver gorm.Dialector) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(driver, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, statement := range []string{txntest.Schema, `INSERT INTO docs (id, text) VALUES (1, 'old')`} {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func wrap(tx *gorm.DB) txntest.Tx {
	return txntest.Tx{
		Exec: func(ctx context.Context, statement string) error { return tx.WithContext(ctx).Exec(statement).Error },
		Savepoint: func(ctx context.Context, f func(context.Context) error) error {
			return gormtxn.Savepoint(ctx, tx, func(ctx context.Context, _ *gorm.DB) error { return f(ctx) })
		},
	}
}

func run(t *testing.T, driver func(*testing.T) gorm.Dialector) {
	t.Helper()
	txntest.Run(t, func(t *testing.T) txntest.Database {
		t.Helper()
		db := open(t, driver(t))
		return txntest.Database{
			InTx: func(ctx context.Context, f func(context.Context, txntest.Tx) error) error {
				return gormtxn.InTx(ctx, db, nil, func(ctx context.Context, tx *gorm.DB) error { return f(ctx, wrap(tx)) })
			},
			Text: func(ctx context.Context) (text string, err error) {
				err = db.WithContext(ctx).Raw(`SELECT text FROM docs WHERE id = 1`).Scan(&text).Error
				return text, err
			},
		}
	})
}

func TestInTx_SQLite(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) gorm.Dialector {
		t.Helper()
		return sqlite.Open("file:" + filepath.Join(t.TempDir(), "docs.db") + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)")
	})
}

func TestInTx_PostgreSQL(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T) gorm.Dialector {
		t.Helper()
		return postgres.Open(testpg.New(t))
	})
}

// rename is on the page about transactions.
func rename(ctx context.Context, db *gorm.DB, id, text string) error {
	return gormtxn.InTx(ctx, db, nil, func(ctx context.Context, tx *gorm.DB) error {
		if err := tx.Exec(`UPDATE docs SET text = ? WHERE id = ?`, text, id).Error; err != nil {
			return err
		}
		return cachecore.Invalidate(ctx, cachecore.NewDep("doc:"+id)) // generated code has InvalidateDoc
	})
}

func TestRename(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	db := open(t, sqlite.Open("file:"+filepath.Join(t.TempDir(), "docs.db")))
	if err := rename(cachecore.WithInvalidator(t.Context(), rec), db, "1", "new"); err != nil {
		t.Fatal(err)
	}
	rec.RequireInvalidated(txntest.Doc("1"))
	var text string
	if err := db.Raw(`SELECT text FROM docs WHERE id = 1`).Scan(&text).Error; err != nil || text != "new" {
		t.Errorf("the text is %q, %v", text, err)
	}
}
