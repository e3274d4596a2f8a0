package guide

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
)

func TestStartAndEnd(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	check(t, serve(t.Context(), gateway.URL(), gateway.Token()+"\n", func(ctx context.Context, d *Desk) error {
		_, err := d.Ask(ctx, contract)
		return errors.Join(err, d.Change(ctx, contract, "14 days' notice"))
	}))
	gateway.RequireTagged(deps.DepDoc(contract))
	gateway.RequireInvalidated(deps.DepDoc(contract))
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	logger := slog.New(slog.DiscardHandler)
	client, err := cachecore.New("https://gateway.example.com", "token",
		cachecore.WithTimeout(10*time.Second),
		cachecore.WithLogger(logger),
		cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: 5}),
		cachecore.WithSecondPass(time.Minute),
	)
	check(t, err)
	check(t, client.Close(t.Context()))

	if _, err := cachecore.New("https://gateway.example.com/v1", "token"); err == nil {
		t.Error("a URL that ends in /v1 was taken")
	}
	if _, err := cachecore.New("https://gateway.example.com", "token", cachecore.WithConcurrency(0)); err == nil {
		t.Error("a concurrency of 0 was taken")
	}
}

func TestDepsAddUp(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	ctx := t.Context()

	ctx = cachecore.WithDeps(ctx, deps.DepTable(deps.TableDocs))
	ctx = cachecore.WithDeps(ctx, deps.DepPrice("A-1", 42)) // and the table

	_, err := d.complete(ctx, "Is the price that of the contract?")
	check(t, err)
	rec.RequireTagged(deps.DepTable(deps.TableDocs), deps.DepPrice("A-1", 42))
}

func TestTrackRecordsWhatWasRead(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	_, err := d.Compare(t.Context(), contract, "contract-456")
	check(t, err)
	rec.RequireTagged(deps.DepDoc(contract), deps.DepDoc("contract-456"))
}

func TestCallTellsWhatTheGatewaySaid(t *testing.T) {
	t.Parallel()
	d, gateway, ctx := newDesk(t)
	_, err := d.Ask(ctx, contract)
	check(t, err)
	gateway.Advance(40 * time.Second)
	var out strings.Builder

	ctx, call := cachecore.WithCall(ctx)
	_, err = d.Ask(ctx, "contract-123")
	check(t, err)
	status := call.Status()
	fmt.Fprintln(&out, status.Status, status.Age, status.Hit(), status.Err)

	golden(t, "call.txt", out.String())
}

func TestBypassIsNotTagged(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	ctx := t.Context()

	ctx = cachecore.WithBypass(ctx)

	_, err := d.Ask(ctx, contract)
	check(t, err)
	if got := rec.Requests(); !got[0].Bypass || len(got[0].Deps) > 0 {
		t.Errorf("the request was sent with %v, bypass: %v", got[0].Deps, got[0].Bypass)
	}
}

func TestDepsThatDoNotFitAreCoarsened(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	ctx := t.Context()

	var read []cachecore.Dep
	for i := range 1000 {
		read = append(read, deps.DepDoc(fmt.Sprintf("contract-%d", i)))
	}
	ctx = cachecore.WithDeps(ctx, read...)

	_, err := d.complete(ctx, "Which of these are signed?")
	check(t, err)
	rec.RequireTagged(deps.DepTable(deps.TableDocs))
	if n := len(rec.Requests()[0].Deps); n != 1 {
		t.Errorf("%d deps were sent, and their table alone would do", n)
	}
}

func TestImportInvalidatesAfterTheCommit(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	ctx := cachecore.WithInvalidator(t.Context(), rec)

	if err := d.Import(ctx, map[string]string{"a": "text", "b": ""}); err == nil {
		t.Fatal("a document without a text was imported")
	}
	rec.RequireNotInvalidated()

	check(t, d.Import(ctx, map[string]string{"a": "text", "b": "text"}))
	rec.RequireInvalidated(deps.DepDoc("a"), deps.DepDoc("b"))
	if n := len(rec.Invalidated()); n != 3 {
		t.Errorf("%v: want each document once, and their table once", rec.Invalidated())
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	d, gateway, ctx := newDesk(t)
	_, err := d.Ask(ctx, contract)
	check(t, err)
	client := gateway.Client()

	var out strings.Builder
	for _, r := range client.InvalidateMany(ctx, deps.DepDoc("contract-123")) {
		fmt.Fprintln(&out, r.Dep, r.KeysDeleted, r.Attempts, r.Err)
	}
	golden(t, "receipts.txt", out.String())
}

func TestErrorsCanBeToldApart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, dep string
		calls     int // that meet the fault: the document and the table
		fault     cachecoretest.Fault
		want      string
	}{
		{"token", contract, 2, cachecoretest.Fault{Status: http.StatusUnauthorized}, "new token"},
		{"limit", contract, 2, cachecoretest.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Minute}, "after 1m0s"},
		{"other answer", contract, 2, cachecoretest.Fault{Status: http.StatusBadGateway}, "gateway answered 502"},
		{"no answer", contract, 2, cachecoretest.Fault{Reset: true}, "again later"},
		{"dep", "", 1, cachecoretest.Fault{}, "fix the id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gateway := cachecoretest.NewGateway(t)
			gateway.Fail(cachecoretest.Invalidate, tt.calls, tt.fault)
			client := gateway.Client(cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: 1}))
			if got := advise(client.Invalidate(t.Context(), deps.DepDoc(tt.dep))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWithoutAnInvalidator(t *testing.T) {
	t.Parallel()
	err := deps.InvalidateDoc(t.Context(), "contract-123")
	if !errors.Is(err, cachecore.ErrNoInvalidator) {
		t.Fatalf("got %v, want ErrNoInvalidator", err)
	}
	golden(t, "noinvalidator.txt", err.Error()+"\n")
}
