package cachecoretest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestInvalidator_Client(t *testing.T) { //nolint:tparallel // its subtests run in turn
	t.Parallel()
	TestInvalidator(t, func(t *testing.T) (cachecore.Invalidator, func() []cachecore.Dep) {
		t.Helper()
		g := NewGateway(t)
		c := g.Client(cachecore.WithLogger(slog.New(slog.DiscardHandler)))
		return c, func() []cachecore.Dep {
			return g.Invalidated()
		}
	})
}

func TestInvalidator_Batch(t *testing.T) { //nolint:tparallel // its subtests run in turn
	t.Parallel()
	TestInvalidator(t, func(t *testing.T) (cachecore.Invalidator, func() []cachecore.Dep) {
		t.Helper()
		r, batch := NewRecorder(t), cachecore.NewBatch()
		return batch, func() []cachecore.Dep {
			if err := batch.Flush(cachecore.WithInvalidator(t.Context(), r)); err != nil {
				t.Error(err)
			}
			return r.Invalidated()
		}
	})
}

func TestInvalidator_Recorder(t *testing.T) { //nolint:tparallel // its subtests run in turn
	t.Parallel()
	TestInvalidator(t, func(t *testing.T) (cachecore.Invalidator, func() []cachecore.Dep) {
		t.Helper()
		r := NewRecorder(t)
		return r, r.Invalidated
	})
}

// broken is an invalidator with a fault.
type broken struct {
	fault string
	deps  []cachecore.Dep
	seen  map[string]bool
}

func (b *broken) Invalidate(_ context.Context, deps ...cachecore.Dep) error {
	var errs []error
	if b.fault != "no wholes" {
		deps = cachecore.Expand(deps...)
	}
	for _, d := range deps {
		switch err := d.Err(); {
		case err != nil && b.fault == "stops at an invalid dep":
			return &cachecore.InvalidateError{Dep: d, Err: err}
		case err != nil && b.fault == "ignores invalid deps":
		case err != nil && b.fault == "reports no deps":
			errs = append(errs, err)
		case err != nil:
			errs = append(errs, &cachecore.InvalidateError{Dep: d, Err: err})
		case b.fault == "sends each dep once" && b.seen[d.ID()]:
		case d.Versioned() && b.fault == "loses versions":
			b.deps = append(b.deps, cachecore.NewDep(d.ID()))
		default:
			b.deps = append(b.deps, d)
		}
		if b.seen == nil {
			b.seen = map[string]bool{}
		}
		b.seen[d.ID()] = true
	}
	if b.fault == "does nothing" {
		b.deps = nil
	}
	return errors.Join(errs...)
}

func TestInvalidator_FindsFaults(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"no wholes":               "wholes",
		"stops at an invalid dep": "invalid deps",
		"ignores invalid deps":    "an invalid whole,invalid deps",
		"reports no deps":         "an invalid whole,invalid deps",
		"loses versions":          "the same dep again,versions",
		"sends each dep once":     "the same dep again",
		"does nothing":            "a context that has ended,an invalid whole,concurrent calls,invalid deps,the same dep again,versions,wholes",
	} {
		var found []string
		for _, c := range contract {
			b := &broken{fault: fault}
			inv := cachecore.Invalidator(b)
			if c.name == "concurrent calls" && fault != "does nothing" {
				continue // the broken invalidators are not safe for concurrent use
			}
			if fault == "does nothing" {
				inv = idle{}
			}
			if faults := c.check(t.Context(), inv, func() []cachecore.Dep { return b.deps }); len(faults) > 0 {
				found = append(found, c.name)
			}
		}
		slices.Sort(found)
		if got := strings.Join(found, ","); !strings.Contains(got, want) {
			t.Errorf("%s: found by %q, want %q", fault, got, want)
		}
	}
}

// idle does nothing and says that all is done.
type idle struct{}

func (idle) Invalidate(context.Context, ...cachecore.Dep) error { return nil }
