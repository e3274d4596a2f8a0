package cachecore_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestTransport_UncommittedDataIsNeverCached(t *testing.T) {
	t.Parallel()
	table := cachecore.NewDep("table:docs")
	doc1, doc2 := cachecore.NewDep("doc:1").PartOf(table), cachecore.NewDep("doc:2").PartOf(table)
	sku := cachecore.NewDep("sku:1").WithHash("7")
	tests := []struct {
		name     string
		changed  cachecore.Dep
		declared cachecore.Dep
		bypass   bool
	}{
		{"the dep itself", doc1, doc1, true},
		{"another dep of its whole", doc1, doc2, false},
		{"the whole of a changed part", doc1, table, true},
		{"a part of a changed whole", table, doc1, false}, // whoever changes parts invalidates parts
		{"another version", sku, sku.WithHash("8"), true},
		{"a group", cachecore.NewDep("team:1"), doc1.GroupedBy(cachecore.NewDep("team:1")), true},
		{"the tenant's policy", cachecore.NewDep("cc:policy-version"), doc1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent http.Header
			logs := &logBuffer{}
			c := inMemory(t, func(req *http.Request) (*http.Response, error) {
				sent = req.Header
				return answer(req, 200, "BYPASS", ""), nil
			}, logs.option())
			outer := cachecore.WithInvalidator(t.Context(), c)
			batch := cachecore.NewBatch()
			inTx := cachecore.WithInvalidator(outer, batch)
			ask := func(ctx context.Context) cachecore.CacheStatus {
				ctx, call := cachecore.WithCall(cachecore.WithDeps(ctx, tt.declared))
				post(ctx, t, c.HTTPClient(), "http://gateway.test")
				return call.Status()
			}
			if s := ask(inTx); s.Err != nil || sent.Get("X-Cachecore-Token") == "" {
				t.Fatalf("before the change: %v, %v", s.Err, sent)
			}
			if err := cachecore.Invalidate(inTx, tt.changed); err != nil {
				t.Fatal(err)
			}
			s := ask(inTx)
			if errors.Is(s.Err, cachecore.ErrUncommitted) != tt.bypass {
				t.Errorf("in the transaction: %v", s.Err)
			}
			if tt.bypass {
				requireUntagged(t, sent)
			}
			// A transaction inside sees the change, a request outside does not.
			if s := ask(cachecore.WithInvalidator(inTx, cachecore.NewBatch())); errors.Is(s.Err, cachecore.ErrUncommitted) != tt.bypass {
				t.Errorf("in an inner transaction: %v", s.Err)
			}
			if s := ask(outer); s.Err != nil {
				t.Errorf("outside: %v", s.Err)
			}
			if strings.Contains(logs.String(), "ERROR") {
				t.Errorf("logged: %s", logs)
			}
		})
	}
}

// An answer without deps depends on the tenant's policy too.
func TestTransport_UncommittedPolicyWithoutDeps(t *testing.T) {
	t.Parallel()
	c := inMemory(t, scripted("BYPASS"))
	inTx := cachecore.WithInvalidator(t.Context(), cachecore.NewBatch())
	if err := cachecore.Invalidate(inTx, cachecore.NewDep("cc:policy-version")); err != nil {
		t.Fatal(err)
	}
	ctx, call := cachecore.WithCall(inTx)
	post(ctx, t, c.HTTPClient(), "http://gateway.test")
	if err := call.Status().Err; !errors.Is(err, cachecore.ErrUncommitted) {
		t.Errorf("got %v", err)
	}
}

func TestTransport_CachesAgainAfterTheFlush(t *testing.T) {
	t.Parallel()
	gateway := &memory{}
	c := inMemory(t, scripted("HIT_L1"))
	batch := cachecore.NewBatch()
	inTx := cachecore.WithInvalidator(cachecore.WithInvalidator(t.Context(), gateway), batch)
	doc := cachecore.NewDep("doc:1")
	if err := cachecore.Invalidate(inTx, doc); err != nil {
		t.Fatal(err)
	}
	gateway.err = errors.New("gateway down")
	status := func() error {
		ctx, call := cachecore.WithCall(cachecore.WithDeps(inTx, doc))
		post(ctx, t, c.HTTPClient(), "http://gateway.test")
		return call.Status().Err
	}
	if err := batch.Flush(inTx); err == nil || !errors.Is(status(), cachecore.ErrUncommitted) {
		t.Errorf("after a flush that failed: %v", err)
	}
	gateway.err = nil
	if err := batch.Flush(inTx); err != nil || status() != nil {
		t.Errorf("after the flush: %v, %v", err, status())
	}
}
