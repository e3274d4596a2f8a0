// Package txntest holds each adapter of package txn to the same behavior, over
// a real database.
package txntest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/txn"
)

// Schema is the statement that makes the table of the tests.
const Schema = `CREATE TABLE docs (id integer PRIMARY KEY, text varchar(100) NOT NULL)`

// Database is a database with the table of [Schema], under test.
type Database struct {
	// InTx runs f in a transaction, through the adapter.
	InTx func(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Text returns the text of document 1, outside of any transaction.
	Text func(ctx context.Context) (string, error)
}

// Tx is a transaction.
type Tx struct {
	Exec      func(ctx context.Context, statement string) error
	Savepoint func(ctx context.Context, f func(ctx context.Context) error) error
}

// Doc returns the dep of a document.
func Doc(id string) cachecore.Dep { return cachecore.NewDep("doc:" + id) }

// ErrRefused is the reason of a rollback.
var ErrRefused = errors.New("refused by the application")

// Put writes document 1, which must exist already.
func (tx Tx) Put(ctx context.Context, text string) error {
	if err := tx.Exec(ctx, "UPDATE docs SET text = '"+text+"' WHERE id = 1"); err != nil {
		return err
	}
	return cachecore.Invalidate(ctx, Doc("1"))
}

// Insert adds a document.
func (tx Tx) Insert(ctx context.Context, id string) error {
	if err := tx.Exec(ctx, "INSERT INTO docs (id, text) VALUES ("+id+", 'new')"); err != nil {
		return err
	}
	return cachecore.Invalidate(ctx, Doc(id))
}

// Run tests the adapter. open returns a database of the test's own, whose
// document 1 has the text "old".
func Run(t *testing.T, open func(t *testing.T) Database) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Database){
		"commit": commits, "rollback": rollsBack, "panic": panics, "savepoints": savepoints,
		"context ended before the commit": endsBefore, "context ended between commit and flush": endsBetween,
		"failed flush": failsToFlush, "a reader beside it": readsBeside, "uncommitted data": asksInside,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func (db Database) wantText(t *testing.T, want string) {
	t.Helper()
	if got, err := db.Text(context.Background()); err != nil || got != want {
		t.Errorf("the text is %q, %v; want %q", got, err, want)
	}
}

func commits(t *testing.T, db Database) {
	rec := cachecoretest.NewRecorder(t)
	err := db.InTx(cachecore.WithInvalidator(t.Context(), rec), func(ctx context.Context, tx Tx) error {
		defer rec.RequireNotInvalidated()
		return tx.Put(ctx, "new")
	})
	if err != nil {
		t.Fatal(err)
	}
	db.wantText(t, "new")
	rec.RequireInvalidated(Doc("1"))
}

func rollsBack(t *testing.T, db Database) {
	rec := cachecoretest.NewRecorder(t)
	err := db.InTx(cachecore.WithInvalidator(t.Context(), rec), func(ctx context.Context, tx Tx) error {
		return errors.Join(tx.Put(ctx, "new"), ErrRefused)
	})
	if !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	db.wantText(t, "old")
	rec.RequireNotInvalidated()
}

func panics(t *testing.T, db Database) {
	rec := cachecoretest.NewRecorder(t)
	func() {
		defer func() {
			if got := recover(); got != ErrRefused { //nolint:errorlint // the very value
				t.Errorf("recovered %v", got)
			}
		}()
		_ = db.InTx(cachecore.WithInvalidator(t.Context(), rec), func(ctx context.Context, tx Tx) error {
			if err := tx.Put(ctx, "new"); err != nil {
				return err
			}
			panic(ErrRefused)
		})
	}()
	db.wantText(t, "old")
	rec.RequireNotInvalidated()
}

func savepoints(t *testing.T, db Database) {
	rec := cachecoretest.NewRecorder(t)
	err := db.InTx(cachecore.WithInvalidator(t.Context(), rec), func(ctx context.Context, tx Tx) error {
		if err := tx.Savepoint(ctx, func(ctx context.Context) error {
			err := tx.Savepoint(ctx, func(ctx context.Context) error { return errors.Join(tx.Put(ctx, "dropped"), ErrRefused) })
			if !errors.Is(err, ErrRefused) {
				t.Errorf("inner savepoint: %v", err)
			}
			return tx.Insert(ctx, "2")
		}); err != nil {
			return err
		}
		// A statement that fails ends a transaction of PostgreSQL, unless it
		// goes back to a savepoint.
		if err := tx.Savepoint(ctx, func(ctx context.Context) error { return tx.Insert(ctx, "2") }); err == nil {
			t.Error("a document was added twice")
		}
		func() {
			defer func() { _ = recover() }()
			_ = tx.Savepoint(ctx, func(ctx context.Context) error {
				if err := tx.Put(ctx, "panicked"); err != nil {
					return err
				}
				panic(ErrRefused)
			})
		}()
		// An error that the function forgets fails the savepoint only.
		if err := tx.Savepoint(ctx, func(ctx context.Context) error {
			_ = tx.Insert(ctx, "2")
			return nil
		}); err == nil && tx.Exec(ctx, "SELECT 1") != nil {
			t.Error("the savepoint succeeded, but the transaction cannot go on")
		}
		rec.RequireNotInvalidated()
		return tx.Insert(ctx, "3")
	})
	if err != nil {
		t.Fatal(err)
	}
	db.wantText(t, "old")
	rec.RequireInvalidated(Doc("2"), Doc("3"))
	rec.RequireNotInvalidated(Doc("1"))
}

func endsBefore(t *testing.T, db Database) {
	rec := cachecoretest.NewRecorder(t)
	ctx, cancel := context.WithCancel(cachecore.WithInvalidator(t.Context(), rec))
	err := db.InTx(ctx, func(ctx context.Context, tx Tx) error {
		defer cancel()
		return tx.Put(ctx, "new")
	})
	if err == nil {
		t.Error("no error, although the context has ended")
	}
	db.wantText(t, "old")
}

// endsBetween ends the context in the invalidator, which is called after the
// commit.
func endsBetween(t *testing.T, db Database) {
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client()
	ctx, cancel := context.WithCancel(t.Context())
	ctx = cachecore.WithInvalidator(ctx, invalidator(func(ctx context.Context, deps ...cachecore.Dep) error {
		cancel()
		return client.Invalidate(ctx, deps...)
	}))
	if err := db.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.Put(ctx, "new") }); err != nil {
		t.Error(err)
	}
	db.wantText(t, "new")
	gateway.RequireInvalidated(Doc("1"))
}

type invalidator func(context.Context, ...cachecore.Dep) error

// Invalidate implements [cachecore.Invalidator].
func (f invalidator) Invalidate(ctx context.Context, deps ...cachecore.Dep) error {
	return f(ctx, deps...)
}

func failsToFlush(t *testing.T, db Database) {
	rec := cachecoretest.NewRecorder(t)
	rec.Fail(errors.New("gateway down"))
	err := db.InTx(cachecore.WithInvalidator(t.Context(), rec), func(ctx context.Context, tx Tx) error { return tx.Put(ctx, "new") })
	var failed *txn.FlushError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	db.wantText(t, "new")
	rec.Fail(nil)
	if err := failed.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	rec.RequireInvalidated(Doc("1"))
}

// desk answers the same question from document 1, through a gateway.
type desk struct {
	db      Database
	gateway *cachecoretest.Gateway
	client  *cachecore.Client
	text    atomic.Value // the model reads it
}

func newDesk(t *testing.T, db Database) *desk {
	t.Helper()
	d := &desk{db: db}
	d.gateway = cachecoretest.NewGateway(t, cachecoretest.WithUpstream(roundTripper(func(req *http.Request) (*http.Response, error) {
		text, _ := d.text.Load().(string)
		return &http.Response{
			StatusCode: http.StatusOK, Request: req, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(`{"choices":[{"message":{"role":"assistant","content":"` + text + `"}}]}`)),
		}, nil
	})))
	d.client = d.gateway.Client(cachecore.WithLogger(slog.New(slog.DiscardHandler)))
	return d
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// ask returns the answer made from text, or a cached one, and its status.
func (d *desk) ask(ctx context.Context, t *testing.T, text string) (answer string, status cachecore.Status) {
	t.Helper()
	d.text.Store(text)
	ctx, call := cachecore.WithCall(cachecore.WithDeps(ctx, Doc("1")))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.gateway.URL()+"/v1/chat/completions",
		strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"What does document 1 say?"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.client.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), call.Status().Status
}

// read asks with the committed text.
func (d *desk) read(t *testing.T) (answer string, status cachecore.Status) {
	t.Helper()
	text, err := d.db.Text(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d.ask(t.Context(), t, text)
}

// readsBeside asks while a transaction is not committed. The answer has the old
// text, and must not outlive the commit. An invalidation before the commit
// leaves it in the cache: that is what InTx is for.
func readsBeside(t *testing.T, db Database) {
	d := newDesk(t, db)
	base := cachecore.WithInvalidator(t.Context(), d.client)
	for _, early := range []bool{false, true} {
		before, err := db.Text(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		after := "after " + before
		err = db.InTx(base, func(ctx context.Context, tx Tx) error {
			if early {
				ctx = cachecore.WithInvalidator(ctx, d.client)
			}
			if err := tx.Put(ctx, after); err != nil {
				return err
			}
			if answer, _ := d.ask(t.Context(), t, before); !strings.Contains(answer, `"`+before+`"`) {
				t.Errorf("beside the transaction: %s", answer)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := d.read(t)
		if stale := strings.Contains(answer, `"`+before+`"`); stale != early {
			t.Errorf("invalidated before the commit: %v; the reader got the old answer: %v", early, stale)
		}
	}
}

// asksInside asks inside a transaction that is rolled back.
func asksInside(t *testing.T, db Database) {
	d := newDesk(t, db)
	err := db.InTx(cachecore.WithInvalidator(t.Context(), d.client), func(ctx context.Context, tx Tx) error {
		if err := tx.Put(ctx, "never committed"); err != nil {
			return err
		}
		if answer, status := d.ask(ctx, t, "never committed"); status != cachecore.Bypass {
			t.Errorf("inside: %s, %v; want a bypass", answer, status)
		}
		return ErrRefused
	})
	if !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	if answer, status := d.read(t); status != cachecore.Miss || !strings.Contains(answer, `"old"`) {
		t.Errorf("after the rollback: %s, %v", answer, status)
	}
}
