package otelcachecore

import (
	"strconv"
	"sync"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestSetsAreBounded(t *testing.T) {
	t.Parallel()
	var s sets
	for i := range maxSets + 100 {
		made := s.get(key{of: requestKinds, failure: strconv.Itoa(i)})
		if len(made.add) != 1 || len(made.record) != 1 {
			t.Fatalf("set %d is %v", i, made)
		}
	}
	if got := len(s.kept); got != maxSets {
		t.Errorf("%d sets are kept, want %d", got, maxSets)
	}
}

// Goroutines that meet new kinds at the same time do not exceed the limit.
func TestKinds_Concurrent(t *testing.T) {
	t.Parallel()
	var ks kinds
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range maxKinds {
				kind := "kind" + strconv.Itoa(w*maxKinds/2+i)
				if got := ks.name(cachecore.NewDep(kind + ":1")); got != kind && got != other {
					t.Errorf("the name of %s is %s", kind, got)
				}
			}
		})
	}
	wg.Wait()
	if got := len(ks.seen); got != maxKinds {
		t.Errorf("%d kinds are known, want %d", got, maxKinds)
	}
}
