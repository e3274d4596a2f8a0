package cachecore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// memory is an Invalidator that keeps the deps that it is given.
type memory struct {
	err error

	mu   sync.Mutex
	deps []cachecore.Dep
}

func (m *memory) Invalidate(_ context.Context, deps ...cachecore.Dep) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deps = append(m.deps, deps...)
	return m.err
}

func (m *memory) ids() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return ids(m.deps)
}

// There is one default for the whole process, so this test runs alone.
func TestInvalidate_FindsItsInvalidator(t *testing.T) { //nolint:paralleltest // see above
	ctx := t.Context()
	if err := cachecore.Invalidate(ctx, cachecore.NewDep("doc:1")); !errors.Is(err, cachecore.ErrNoInvalidator) {
		t.Errorf("without any: %v", err)
	}
	if err := cachecore.NewBatch().Flush(ctx); !errors.Is(err, cachecore.ErrNoInvalidator) {
		t.Errorf("batch without any: %v", err)
	}
	byDefault, ofContext := &memory{}, &memory{}
	cachecore.SetDefault(byDefault)
	defer cachecore.SetDefault(nil)
	inner := cachecore.WithInvalidator(ctx, ofContext)
	for _, c := range []context.Context{ctx, inner, cachecore.WithInvalidator(ctx, nil)} {
		if err := cachecore.Invalidate(c, cachecore.NewDep("doc:1").PartOf(cachecore.NewDep("table:docs"))); err != nil {
			t.Error(err)
		}
	}
	if got := byDefault.ids(); got != "doc:1 table:docs doc:1 table:docs" {
		t.Errorf("the default got %q", got)
	}
	if got := ofContext.ids(); got != "doc:1 table:docs" {
		t.Errorf("the context's got %q", got)
	}
	if inv, ok := cachecore.InvalidatorFrom(inner); !ok || inv != cachecore.Invalidator(ofContext) {
		t.Errorf("InvalidatorFrom gives %v, %t", inv, ok)
	}

	// A batch in the context must not flush into itself.
	batch := cachecore.NewBatch()
	batched := cachecore.WithInvalidator(ctx, batch)
	if err := cachecore.Invalidate(batched, cachecore.NewDep("doc:2")); err != nil {
		t.Error(err)
	}
	if err := batch.Flush(batched); err != nil {
		t.Error(err)
	}
	if got := byDefault.ids(); !strings.HasSuffix(got, " doc:2") {
		t.Errorf("the batch's dep did not reach the default: %q", got)
	}

	// The zero value does so too.
	var zero cachecore.Batch
	if err := errors.Join(zero.Invalidate(ctx, cachecore.NewDep("doc:3")), zero.Flush(ctx)); err != nil {
		t.Error(err)
	}
	if got := byDefault.ids(); !strings.HasSuffix(got, " doc:3") {
		t.Errorf("the zero batch's dep did not reach the default: %q", got)
	}

	cachecore.SetDefault(nil)
	if _, ok := cachecore.InvalidatorFrom(ctx); ok {
		t.Error("the default is still there")
	}
}

func TestBatch_SendsEachDepOnceAtFlush(t *testing.T) {
	t.Parallel()
	to := &memory{}
	batch, ctx := cachecore.NewBatch(), cachecore.WithInvalidator(t.Context(), to)
	docs := cachecore.NewDep("table:docs")
	for _, id := range []string{"doc:1", "doc:2", "doc:1"} {
		if err := batch.Invalidate(t.Context(), cachecore.NewDep(id).PartOf(docs)); err != nil {
			t.Fatal(err)
		}
	}
	if got := to.ids(); got != "" {
		t.Fatalf("sent %q before the flush", got)
	}
	for range 2 { // the second finds an empty batch
		if err := batch.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if got := to.ids(); got != "doc:1 table:docs doc:2" {
		t.Errorf("sent %q", got)
	}
}

func TestBatch_InvalidDepIsAnErrorBeforeTheCommit(t *testing.T) {
	t.Parallel()
	to := &memory{}
	batch, ctx := cachecore.NewBatch(), cachecore.WithInvalidator(t.Context(), to)
	err := batch.Invalidate(t.Context(), cachecore.NewDep("doc:"), cachecore.NewDep("doc:1"))
	var invErr *cachecore.InvalidateError
	if !errors.As(err, &invErr) || invErr.Dep.ID() != "doc:" {
		t.Errorf("got %v", err)
	}
	if err := batch.Flush(ctx); err != nil || to.ids() != "doc:1" {
		t.Errorf("flushed %q, %v", to.ids(), err)
	}
}

func TestBatch_KeepsWhatItCouldNotSend(t *testing.T) {
	t.Parallel()
	to := &memory{err: errors.New("gateway down")}
	batch, ctx := cachecore.NewBatch(), cachecore.WithInvalidator(t.Context(), to)
	if err := batch.Invalidate(t.Context(), cachecore.NewDep("doc:1")); err != nil {
		t.Fatal(err)
	}
	if err := batch.Flush(ctx); !errors.Is(err, to.err) {
		t.Errorf("got %v", err)
	}
	if err := batch.Invalidate(t.Context(), cachecore.NewDep("doc:2")); err != nil {
		t.Fatal(err)
	}
	to.err, to.deps = nil, nil
	if err := batch.Flush(ctx); err != nil || to.ids() != "doc:1 doc:2" {
		t.Errorf("flushed %q, %v", to.ids(), err)
	}
}

// A flush that fails puts its deps back before those that were collected while
// it ran.
func TestBatch_TheNewerVersionStandsWhenAFlushIsOvertaken(t *testing.T) {
	t.Parallel()
	down := errors.New("gateway down")
	to := &memory{}
	batch := cachecore.NewBatch()
	overtaken := invalidatorFunc(func(ctx context.Context, deps ...cachecore.Dep) error {
		if deps[0].Hash() == "old" {
			return errors.Join(down, batch.Invalidate(t.Context(), cachecore.NewDep("doc:1").WithHash("new")))
		}
		return to.Invalidate(ctx, deps...)
	})
	ctx := cachecore.WithInvalidator(t.Context(), overtaken)
	if err := batch.Invalidate(t.Context(), cachecore.NewDep("doc:1").WithHash("old")); err != nil {
		t.Fatal(err)
	}
	if err := batch.Flush(ctx); !errors.Is(err, down) {
		t.Fatalf("got %v", err)
	}
	if err := batch.Flush(ctx); err != nil || len(to.deps) != 1 || to.deps[0].Hash() != "new" {
		t.Errorf("flushed %q, %v; want the new version alone", to.deps, err)
	}
}

// If two flushes overlap, the first fails last and puts its version back: it
// must not be sent after the second's.
func TestBatch_ConcurrentFlushesKeepTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("gateway down")
		var sent []string
		batch, ctx := cachecore.NewBatch(), cachecore.WithInvalidator(t.Context(), invalidatorFunc(func(_ context.Context, deps ...cachecore.Dep) error {
			first := len(sent) == 0
			sent = append(sent, deps[0].Hash())
			if first {
				<-time.After(time.Second)
				return down
			}
			return nil
		}))
		collect := func(hash string) {
			if err := batch.Invalidate(t.Context(), cachecore.NewDep("doc:1").WithHash(hash)); err != nil {
				t.Error(err)
			}
		}
		collect("42")
		first := make(chan error, 1)
		go func() { first <- batch.Flush(ctx) }()
		synctest.Wait()
		collect("43")
		if err := batch.Flush(ctx); err != nil {
			t.Errorf("second flush: %v", err)
		}
		if err := <-first; !errors.Is(err, down) {
			t.Errorf("first flush: %v", err)
		}
		if err := batch.Flush(ctx); err != nil {
			t.Errorf("third flush: %v", err)
		}
		if got := strings.Join(sent, " "); got != "42 43" {
			t.Errorf("versions sent: %s, want 42 43", got)
		}
	})
}

// The deps of a caller who has committed and hung up must not be lost: the
// invalidator gets them, and may go on in the background.
func TestBatch_FlushOfACallerWhoHungUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		to := &memory{}
		release := make(chan struct{})
		batch, ctx := cachecore.NewBatch(), cachecore.WithInvalidator(t.Context(), invalidatorFunc(func(ctx context.Context, deps ...cachecore.Dep) error {
			if deps[0].Hash() == "42" {
				<-release
				return errors.New("gateway down")
			}
			return to.Invalidate(ctx, deps...)
		}))
		ended, cancel := context.WithCancel(ctx)
		cancel()
		for _, hash := range []string{"41", "42", "43"} { // 42 is under way while 43 is flushed
			if err := batch.Invalidate(t.Context(), cachecore.NewDep("doc:1").WithHash(hash)); err != nil {
				t.Fatal(err)
			}
			go func() { _ = batch.Flush(ended) }() // 42 fails
			synctest.Wait()
		}
		close(release)
		synctest.Wait()
		if err := batch.Flush(ctx); err != nil {
			t.Error(err)
		}
		var got []string
		for _, d := range to.deps {
			got = append(got, d.Hash())
		}
		if strings.Join(got, " ") != "41 43" {
			t.Errorf("sent %v, want 41 and 43 and no older version after it", got)
		}
	})
}

// A write that comes while its dep is being sent may be newer than the request.
func TestBatch_WriteDuringAFlushIsSentAgain(t *testing.T) {
	t.Parallel()
	batch, doc := cachecore.NewBatch(), cachecore.NewDep("doc:1")
	sent := 0
	ctx := cachecore.WithInvalidator(t.Context(), invalidatorFunc(func(context.Context, ...cachecore.Dep) error {
		if sent++; sent > 1 {
			return nil
		}
		if !batch.Changed("doc:1") {
			t.Error("the dep counts as committed while it is being sent")
		}
		return batch.Invalidate(t.Context(), doc)
	}))
	if err := errors.Join(batch.Invalidate(ctx, doc), batch.Flush(ctx), batch.Flush(ctx)); err != nil {
		t.Fatal(err)
	}
	if sent != 2 || batch.Changed("doc:1") {
		t.Errorf("sent %d times, want 2; changed: %v", sent, batch.Changed("doc:1"))
	}
}

// decorated hides that it is a batch.
type decorated struct{ cachecore.Invalidator }

func TestBatch_DoesNotFlushIntoItself(t *testing.T) {
	t.Parallel()
	to, batch := &memory{}, cachecore.NewBatch()
	outer := cachecore.WithInvalidator(t.Context(), to)
	inner := cachecore.WithInvalidator(outer, decorated{batch})
	if err := cachecore.Invalidate(inner, cachecore.NewDep("doc:1")); err != nil {
		t.Fatal(err)
	}
	if err := batch.Flush(inner); err == nil || !batch.Changed("doc:1") {
		t.Errorf("flushed into itself: %v", err)
	}
	if err := batch.Flush(outer); err != nil || to.ids() != "doc:1" || batch.Changed("doc:1") {
		t.Errorf("flushed %q, %v", to.ids(), err)
	}
}

// invalidatorFunc is a function as an Invalidator.
type invalidatorFunc func(context.Context, ...cachecore.Dep) error

func (f invalidatorFunc) Invalidate(ctx context.Context, deps ...cachecore.Dep) error {
	return f(ctx, deps...)
}

func TestBatch_IsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	to := &memory{}
	batch, ctx := cachecore.NewBatch(), cachecore.WithInvalidator(t.Context(), to)
	var wg sync.WaitGroup
	for _, d := range numbered("doc", 100) {
		wg.Go(func() {
			if err := batch.Invalidate(t.Context(), d); err != nil {
				t.Error(err)
			}
			if err := batch.Flush(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(cachecore.Expand(to.deps...)); n != 100 || len(to.deps) != 100 {
		t.Errorf("%d deps sent, %d different, want 100", len(to.deps), n)
	}
}
