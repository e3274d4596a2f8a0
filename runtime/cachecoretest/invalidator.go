package cachecoretest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// TestInvalidator tests an implementation of [cachecore.Invalidator], in the
// manner of package testing/slogtest. It calls start for each subtest. start
// returns an invalidator that has invalidated nothing, and a function that
// returns the deps that have been invalidated so far. For an invalidator that
// defers its work, such as a [cachecore.Batch], that function does the work
// first. It lists a dep as often as the dep was invalidated.
func TestInvalidator(t *testing.T, start func(t *testing.T) (inv cachecore.Invalidator, done func() []cachecore.Dep)) {
	t.Helper()
	for _, c := range contract {
		t.Run(c.name, func(t *testing.T) {
			inv, done := start(t)
			if inv == nil || done == nil {
				t.Fatal("cachecoretest: start returned nil")
			}
			for _, fault := range c.check(t.Context(), inv, done) {
				t.Error("cachecoretest: " + fault)
			}
		})
	}
}

// contract lists what an invalidator promises. A check returns the faults.
var contract = []struct {
	name  string
	check func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string
}{
	{"nothing to do", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		return expect(inv.Invalidate(ctx), nil, done())
	}},
	{"wholes", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		db := cachecore.NewDep("db:1")
		table := cachecore.NewDep("table:docs").PartOf(db)
		return expect(inv.Invalidate(ctx, cachecore.NewDep("doc:1").PartOf(table), cachecore.NewDep("doc:2").PartOf(table)), nil,
			done(), cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2"), table, db)
	}},
	{"versions", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		sku := cachecore.NewDep("sku:1")
		return expect(inv.Invalidate(ctx, sku.WithHash("41"), sku.WithHash("42")), nil, done(), sku.WithHash("42"))
	}},
	{"the same dep again", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		doc, sku := cachecore.NewDep("doc:1"), cachecore.NewDep("sku:1")
		faults := expect(inv.Invalidate(ctx, doc, sku.WithHash("42")), nil, done(), doc, sku.WithHash("42"))
		before := len(done())
		faults = append(faults, expect(inv.Invalidate(ctx, doc, sku.WithHash("41")), nil, done()[min(before, len(done())):], doc, sku.WithHash("41"))...)
		return faults
	}},
	{"invalid deps", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		cause := errors.New("no such user")
		invalid := []cachecore.Dep{cachecore.NewDep("doc:"), cachecore.InvalidDep("user", cause), cachecore.NewDep("sku:1").WithHash("")}
		err := inv.Invalidate(ctx, invalid[0], cachecore.NewDep("doc:1"), invalid[1], invalid[2], cachecore.NewDep("doc:2"))
		faults := expect(err, invalid, done(), cachecore.NewDep("doc:1"), cachecore.NewDep("doc:2"))
		if err != nil && !errors.Is(err, cause) {
			faults = append(faults, "the reason why a dep is invalid is not in the chain of the error: "+err.Error())
		}
		return faults
	}},
	{"an invalid whole", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		whole := cachecore.NewDep("table:")
		return expect(inv.Invalidate(ctx, cachecore.NewDep("doc:1").PartOf(whole)), []cachecore.Dep{whole}, done(), cachecore.NewDep("doc:1"))
	}},
	{"a context that has ended", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := inv.Invalidate(ended, cachecore.NewDep("doc:1")); err != nil {
			return nil // the caller knows
		}
		return expect(nil, nil, done(), cachecore.NewDep("doc:1"))
	}},
	{"concurrent calls", func(ctx context.Context, inv cachecore.Invalidator, done func() []cachecore.Dep) []string {
		const calls = 50
		want, errs := make([]cachecore.Dep, calls), make([]error, calls)
		var group sync.WaitGroup
		for i := range calls {
			want[i] = cachecore.NewDep(fmt.Sprintf("doc:%d", i))
			group.Go(func() { errs[i] = inv.Invalidate(ctx, want[i]) })
		}
		group.Wait()
		return expect(errors.Join(errs...), nil, done(), want...)
	}},
}

// expect compares an invalidator's error with the deps that must be reported as
// invalid, and the invalidated deps with those that must be invalidated.
func expect(err error, invalid, got []cachecore.Dep, want ...cachecore.Dep) (faults []string) {
	reported := reportedIn(err)
	for _, d := range invalid {
		if !slices.ContainsFunc(reported, func(r cachecore.Dep) bool { return r.ID() == d.ID() }) {
			faults = append(faults, fmt.Sprintf("no *cachecore.InvalidateError reports the invalid dep %q; the error is: %v", d.ID(), err))
		}
	}
	if len(invalid) == 0 && err != nil {
		faults = append(faults, "Invalidate failed: "+err.Error())
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(d cachecore.Dep) bool { return isInvalidated(w, d) }) {
			faults = append(faults, fmt.Sprintf("%s was not invalidated; invalidated were: %s", list([]cachecore.Dep{w}), list(got)))
		}
	}
	for _, d := range got {
		if !slices.ContainsFunc(want, func(w cachecore.Dep) bool { return isInvalidated(w, d) }) {
			faults = append(faults, fmt.Sprintf("%s was invalidated, but should not be", list([]cachecore.Dep{d})))
		}
	}
	return faults
}

// reportedIn returns the deps of all InvalidateErrors in the tree of err.
func reportedIn(err error) []cachecore.Dep {
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case nil:
		return nil
	case *cachecore.InvalidateError:
		return []cachecore.Dep{e.Dep}
	case interface{ Unwrap() error }:
		return reportedIn(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []cachecore.Dep
		for _, inner := range e.Unwrap() {
			all = append(all, reportedIn(inner)...)
		}
		return all
	}
	return nil
}
