package txn_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/txn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recordedTx records how it ends.
type recordedTx struct {
	end                    string
	commitErr, rollbackErr error
	onCommit               func()
}

func (tx *recordedTx) Commit() error {
	tx.end += "commit"
	if tx.onCommit != nil {
		tx.onCommit()
	}
	return tx.commitErr
}

func (tx *recordedTx) Rollback() error {
	tx.end += "rollback"
	return tx.rollbackErr
}

func (tx *recordedTx) begin(context.Context) (*recordedTx, error) { return tx, nil }

// stateError is a database's error with an SQLSTATE.
type stateError string

func (e stateError) Error() string    { return "SQLSTATE " + string(e) }
func (e stateError) SQLState() string { return string(e) }

var (
	errRefused = errors.New("refused by the application")
	doc        = cachecore.NewDep("doc:1")
)

func change(ctx context.Context, _ *recordedTx) error { return cachecore.Invalidate(ctx, doc) }

func TestDo_InvalidatesAfterTheCommit(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	tx := &recordedTx{onCommit: func() { rec.RequireNotInvalidated() }}
	if err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), tx.begin, change); err != nil {
		t.Fatal(err)
	}
	rec.RequireInvalidated(doc)
	if tx.end != "commit" {
		t.Errorf("the transaction ended with %q", tx.end)
	}
}

func TestDo_DropsInvalidationsOfARollback(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		tx   recordedTx
		f    func(context.Context, *recordedTx) error
		want error
		end  string
	}{
		{"error", recordedTx{}, func(ctx context.Context, tx *recordedTx) error {
			return errors.Join(change(ctx, tx), errRefused)
		}, errRefused, "rollback"},
		{"error, and the rollback fails", recordedTx{rollbackErr: errors.New("connection lost")}, func(ctx context.Context, tx *recordedTx) error {
			return errors.Join(change(ctx, tx), errRefused)
		}, errRefused, "rollback"},
		{"serialization failure at the commit", recordedTx{commitErr: stateError("40001")}, change, stateError("40001"), "commit"},
		{"deferred constraint", recordedTx{commitErr: stateError("23503")}, change, stateError("23503"), "commit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := cachecoretest.NewRecorder(t)
			err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), tt.tx.begin, tt.f)
			if !errors.Is(err, tt.want) || tt.tx.end != tt.end {
				t.Errorf("got %v, %q", err, tt.tx.end)
			}
			rec.RequireNotInvalidated()
		})
	}
}

func TestDo_InvalidatesWhenTheCommitMayBeDone(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	tests := []struct {
		name string
		tx   recordedTx
		f    func(context.Context, *recordedTx) error
		want error
	}{
		{"answer lost", recordedTx{commitErr: lost}, change, lost},
		{"connection failure", recordedTx{commitErr: stateError("08006")}, change, stateError("08006")},
		{"shutdown", recordedTx{commitErr: stateError("57P01")}, change, stateError("57P01")},
		{"completion unknown", recordedTx{commitErr: stateError("40003")}, change, stateError("40003")},
		{"ended by f", recordedTx{rollbackErr: sql.ErrTxDone}, func(ctx context.Context, tx *recordedTx) error {
			return errors.Join(change(ctx, tx), errRefused)
		}, errRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := cachecoretest.NewRecorder(t)
			err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), tt.tx.begin, tt.f)
			var unknown *txn.CommitUnknownError
			if !errors.Is(err, tt.want) || !errors.As(err, &unknown) {
				t.Errorf("got %v", err)
			}
			rec.RequireInvalidated(doc)
		})
	}
}

func TestDo_RollsBackWhenItsContextHasEnded(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	gone := errors.New("caller is gone")
	ctx, cancel := context.WithCancelCause(cachecore.WithInvalidator(t.Context(), rec))
	tx := &recordedTx{}
	begin := func(beginning context.Context) (*recordedTx, error) {
		context.AfterFunc(beginning, func() {
			if tx.end == "" {
				t.Error("the context of the beginning ended before the transaction")
			}
		})
		return tx, nil
	}
	err := txn.Do(ctx, begin, func(ctx context.Context, tx *recordedTx) error {
		defer cancel(gone)
		return change(ctx, tx)
	})
	if !errors.Is(err, gone) || tx.end != "rollback" {
		t.Errorf("got %v, %q", err, tx.end)
	}
	rec.RequireNotInvalidated()
}

// A transaction that waits for a connection must not begin when its caller has
// gone.
func TestDo_ContextEndsWhileItBegins(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(cachecore.WithInvalidator(t.Context(), cachecoretest.NewRecorder(t)))
	tx := &recordedTx{}
	err := txn.Do(ctx, func(beginning context.Context) (*recordedTx, error) {
		cancel()
		<-beginning.Done()
		return tx, nil
	}, func(context.Context, *recordedTx) error {
		t.Error("f was called")
		return nil
	})
	if !errors.Is(err, context.Canceled) || tx.end != "rollback" {
		t.Errorf("got %v, %q", err, tx.end)
	}
}

// f must not end the transaction. If it does, nothing tells how.
func TestDo_FEndsTheTransaction(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(context.Context, context.CancelFunc) error{
		"panic":    func(context.Context, context.CancelFunc) error { panic(errRefused) },
		"error":    func(context.Context, context.CancelFunc) error { return errRefused },
		"canceled": func(ctx context.Context, cancel context.CancelFunc) error { cancel(); return ctx.Err() },
	} {
		rec := cachecoretest.NewRecorder(t)
		ctx, cancel := context.WithCancel(cachecore.WithInvalidator(t.Context(), rec))
		tx := &recordedTx{rollbackErr: sql.ErrTxDone}
		func() {
			defer func() { _ = recover() }()
			err := txn.Do(ctx, tx.begin, func(ctx context.Context, tx *recordedTx) error {
				if err := change(ctx, tx); err != nil {
					return err
				}
				return f(ctx, cancel)
			})
			var unknown *txn.CommitUnknownError
			if !errors.As(err, &unknown) {
				t.Errorf("%s: %v", name, err)
			}
		}()
		cancel()
		rec.RequireInvalidated(doc)
	}
}

// A commit that may not be done must not be reported as done, or its caller
// would not repeat it.
func TestDo_UnknownCommitAndFailedFlush(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	lost, down := errors.New("connection lost"), errors.New("gateway down")
	rec.Fail(down)
	tx := &recordedTx{commitErr: lost}
	err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), tx.begin, change)
	var unknown *txn.CommitUnknownError
	var committed *txn.FlushError
	if !errors.As(err, &unknown) || errors.As(err, &committed) || !errors.Is(err, lost) || !errors.Is(err, down) {
		t.Fatalf("got %v", err)
	}
	rec.Fail(nil)
	if err := unknown.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	rec.RequireInvalidated(doc)
}

// Changes that a savepoint could not undo may be committed with the rest.
func TestNest_FailedRollback(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	outer := &recordedTx{}
	err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), outer.begin, func(ctx context.Context, _ *recordedTx) error {
		inner := &recordedTx{rollbackErr: errors.New("no such savepoint")}
		err := txn.Nest(ctx, inner.begin, func(ctx context.Context, tx *recordedTx) error {
			return errors.Join(change(ctx, tx), errRefused)
		})
		if !errors.Is(err, errRefused) {
			t.Errorf("got %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	rec.RequireInvalidated(doc)
}

func TestDo_RollsBackAPanic(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	tx := &recordedTx{}
	func() {
		defer func() {
			if got := recover(); got != errRefused { //nolint:errorlint // the very value
				t.Errorf("recovered %v", got)
			}
		}()
		_ = txn.Do(cachecore.WithInvalidator(t.Context(), rec), tx.begin, func(ctx context.Context, tx *recordedTx) error {
			if err := change(ctx, tx); err != nil {
				return err
			}
			panic(errRefused)
		})
	}()
	if tx.end != "rollback" {
		t.Errorf("the transaction ended with %q", tx.end)
	}
	rec.RequireNotInvalidated()
}

// The caller must not repeat the transaction, but can repeat the invalidation.
func TestDo_FailedFlushSaysCommitted(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	down := errors.New("gateway down")
	rec.Fail(down)
	tx := &recordedTx{}
	err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), tx.begin, change)
	var failed *txn.FlushError
	if !errors.As(err, &failed) || !errors.Is(err, down) || !strings.Contains(err.Error(), "committed, not invalidated") {
		t.Fatalf("got %v", err)
	}
	if err := failed.Flush(t.Context()); !errors.As(err, &failed) {
		t.Errorf("while the gateway is down: %v", err)
	}
	rec.Fail(nil)
	if err := failed.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	rec.RequireInvalidated(doc)
}

func TestDo_ContextThatEndsAfterTheCommit(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client()
	ctx, cancel := context.WithCancel(cachecore.WithInvalidator(t.Context(), client))
	tx := &recordedTx{onCommit: cancel}
	if err := txn.Do(ctx, tx.begin, change); err != nil {
		t.Fatal(err)
	}
	gateway.RequireInvalidated(doc)
}

func TestDo_NeedsAnInvalidatorBeforeItBegins(t *testing.T) {
	t.Parallel()
	tx := &recordedTx{}
	begin := func(context.Context) (*recordedTx, error) {
		t.Error("the transaction has begun")
		return tx, nil
	}
	if err := txn.Do(t.Context(), begin, change); !errors.Is(err, cachecore.ErrNoInvalidator) {
		t.Errorf("got %v", err)
	}
	if err := txn.Nest(t.Context(), begin, change); !errors.Is(err, txn.ErrNoTransaction) {
		t.Errorf("got %v", err)
	}
	noConnection := errors.New("no connection")
	err := txn.Do(cachecore.WithInvalidator(t.Context(), cachecoretest.NewRecorder(t)),
		func(context.Context) (*recordedTx, error) { return nil, noConnection }, change)
	if !errors.Is(err, noConnection) {
		t.Errorf("got %v", err)
	}
}

func TestNest(t *testing.T) {
	t.Parallel()
	kept, dropped, panicked := cachecore.NewDep("doc:kept"), cachecore.NewDep("doc:dropped"), cachecore.NewDep("doc:panicked")
	nest := func(ctx context.Context, d cachecore.Dep, err error) error {
		inner := &recordedTx{}
		return txn.Nest(ctx, inner.begin, func(ctx context.Context, _ *recordedTx) error {
			return errors.Join(cachecore.Invalidate(ctx, d), err)
		})
	}
	f := func(ctx context.Context, tx *recordedTx) error {
		if err := nest(ctx, kept, nil); err != nil {
			return err
		}
		if err := nest(ctx, dropped, errRefused); !errors.Is(err, errRefused) {
			t.Errorf("got %v", err)
		}
		func() {
			defer func() { _ = recover() }()
			inner := &recordedTx{}
			_ = txn.Nest(ctx, inner.begin, func(ctx context.Context, _ *recordedTx) error {
				panic(cachecore.Invalidate(ctx, panicked))
			})
		}()
		return change(ctx, tx)
	}
	for _, commit := range []bool{true, false} {
		rec := cachecoretest.NewRecorder(t)
		tx := &recordedTx{}
		err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), tx.begin, func(ctx context.Context, tx *recordedTx) error {
			err := f(ctx, tx)
			rec.RequireNotInvalidated()
			if !commit {
				return errors.Join(err, errRefused)
			}
			return err
		})
		if !commit {
			if !errors.Is(err, errRefused) {
				t.Errorf("got %v", err)
			}
			rec.RequireNotInvalidated()
			continue
		}
		if err != nil {
			t.Error(err)
		}
		rec.RequireInvalidated(doc, kept)
		rec.RequireNotInvalidated(dropped, panicked)
	}
}

// A transaction on another connection is committed for good, whatever becomes
// of the one around it.
func TestDo_TransactionsAreIndependent(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	outer, inner := &recordedTx{}, &recordedTx{}
	other := cachecore.NewDep("log:1")
	err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), outer.begin, func(ctx context.Context, tx *recordedTx) error {
		err := txn.Do(ctx, inner.begin, func(ctx context.Context, _ *recordedTx) error { return cachecore.Invalidate(ctx, other) })
		return errors.Join(err, change(ctx, tx), errRefused)
	})
	if !errors.Is(err, errRefused) {
		t.Errorf("got %v", err)
	}
	rec.RequireInvalidated(other)
	rec.RequireNotInvalidated(doc)
}

// An answer made from data that is rolled back must not be kept.
func TestDo_UncommittedDataIsNeverCached(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client(cachecore.WithLogger(slog.New(slog.DiscardHandler)))
	base := cachecore.WithInvalidator(t.Context(), client)
	ask := func(ctx context.Context) cachecore.Status {
		ctx, call := cachecore.WithCall(cachecore.WithDeps(ctx, doc))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway.URL()+"/v1/chat/completions",
			strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"What does contract 1 say?"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.HTTPClient().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return call.Status().Status
	}
	gateway.Answer("the text that was rolled back", "the old text")
	tx := &recordedTx{}
	err := txn.Do(base, tx.begin, func(ctx context.Context, tx *recordedTx) error {
		if err := change(ctx, tx); err != nil {
			return err
		}
		if got := ask(ctx); got != cachecore.Bypass {
			t.Errorf("inside: %v, want a bypass", got)
		}
		return errRefused
	})
	if !errors.Is(err, errRefused) {
		t.Error(err)
	}
	if got := ask(base); got != cachecore.Miss {
		t.Errorf("after the rollback: %v, want a miss", got)
	}
}

// A goroutine may outlive the function that has started it.
func TestDo_InvalidationAfterTheEndIsSent(t *testing.T) {
	t.Parallel()
	for _, end := range []error{nil, errRefused} {
		rec := cachecoretest.NewRecorder(t)
		var inside, inSavepoint context.Context
		tx := &recordedTx{}
		err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), tx.begin, func(ctx context.Context, _ *recordedTx) error {
			inside = ctx //nolint:fatcontext // it is used after the end
			inner := &recordedTx{}
			return errors.Join(end, txn.Nest(ctx, inner.begin, func(ctx context.Context, _ *recordedTx) error {
				inSavepoint = ctx //nolint:fatcontext // likewise
				return nil
			}))
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
		late, later := cachecore.NewDep("doc:late"), cachecore.NewDep("doc:later")
		if err := errors.Join(cachecore.Invalidate(inside, late), cachecore.Invalidate(inSavepoint, later)); err != nil {
			t.Error(err)
		}
		rec.RequireInvalidated(late, later)
	}
}

// wrapper stands between a transaction and its function.
type wrapper struct{ cachecore.Invalidator }

func TestDo_InvalidatorThatIsWrappedInside(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	outer, inner, savepoint := &recordedTx{}, &recordedTx{}, &recordedTx{}
	err := txn.Do(cachecore.WithInvalidator(t.Context(), rec), outer.begin, func(ctx context.Context, _ *recordedTx) error {
		inv, _ := cachecore.InvalidatorFrom(ctx)
		ctx = cachecore.WithInvalidator(ctx, wrapper{inv})
		return errors.Join(
			txn.Do(ctx, inner.begin, change),
			txn.Nest(ctx, savepoint.begin, func(ctx context.Context, _ *recordedTx) error {
				return cachecore.Invalidate(ctx, cachecore.NewDep("doc:dropped"))
			}),
			errRefused,
		)
	})
	if !errors.Is(err, errRefused) || errors.Is(err, txn.ErrNoTransaction) {
		t.Errorf("got %v", err)
	}
	rec.RequireInvalidated(doc)
	rec.RequireNotInvalidated(cachecore.NewDep("doc:dropped"))
}

// A request with the outer context may read the changes of a savepoint.
func TestNest_ChangesCountOutsideOfIt(t *testing.T) {
	t.Parallel()
	changed := func(ctx context.Context) bool {
		inv, _ := cachecore.InvalidatorFrom(ctx)
		return inv.(cachecore.Transactional).Changed(doc.ID())
	}
	tx, inner := &recordedTx{}, &recordedTx{}
	var inside context.Context
	err := txn.Do(cachecore.WithInvalidator(t.Context(), cachecoretest.NewRecorder(t)), tx.begin, func(outer context.Context, _ *recordedTx) error {
		inside = outer //nolint:fatcontext // it is used after the end
		err := txn.Nest(outer, inner.begin, func(ctx context.Context, tx *recordedTx) error {
			err := change(ctx, tx)
			if !changed(outer) {
				t.Error("the change does not count outside of the open savepoint")
			}
			return errors.Join(err, errRefused)
		})
		if !errors.Is(err, errRefused) || changed(outer) {
			t.Errorf("after the savepoint was rolled back: %v, changed: %v", err, changed(outer))
		}
		return change(outer, tx)
	})
	if err != nil || changed(inside) {
		t.Errorf("after the end: %v, changed: %v", err, changed(inside))
	}
}
