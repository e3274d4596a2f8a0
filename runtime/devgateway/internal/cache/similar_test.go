package cache

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/internal/vector"
	"github.com/depgen/depgen/runtime/internal/wire"
)

func newCache(tb testing.TB, maxBytes int64) *Cache {
	tb.Helper()
	c, err := New(maxBytes, false, func() time.Time { return time.Unix(1000, 0) })
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// asking returns a request whose question has the direction of the angle.
func asking(n uint64, angle float64, deps ...wire.Dep) Request {
	r := Request{Tenant: "t", Deps: deps, Fresh: time.Minute, Question: &Question{
		Vector: []float32{float32(math.Cos(angle)), float32(math.Sin(angle))},
	}}
	binary.BigEndian.PutUint64(r.Key.Body[:], n)
	return r
}

// kept reports whether the cache stores the answer.
func kept(c *Cache, r Request, body []byte) bool { return c.Keep(r, Answer{Body: body}) == nil }

// An entry that answers similar questions is in use, and is not evicted first.
func TestSimilarHitsKeepAnEntry(t *testing.T) {
	t.Parallel()
	c := newCache(t, 2*(entryOverhead+1000+1+2*numberBytes))
	body := make([]byte, 1000)
	keep := func(n uint64, angle float64) {
		t.Helper()
		if !kept(c, asking(n, angle), body) {
			t.Fatal("not kept")
		}
	}
	keep(1, 0)
	keep(2, 1)
	if hit, ok := c.LookupSimilar(asking(9, 0.01), 0.9); !ok || hit.Status != wire.HitL2 {
		t.Fatalf("got %+v", hit)
	}
	keep(3, 2)
	for n, want := range map[float64]bool{0: true, 1: false, 2: true} {
		if _, ok := c.LookupSimilar(asking(9, n), 0.99); ok != want {
			t.Errorf("angle %v: %v, want %v", n, ok, want)
		}
	}
}

// An embedding takes memory from the answers.
func TestEmbeddingsAreCounted(t *testing.T) {
	t.Parallel()
	const room = entryOverhead + 1000 + 1
	r := asking(1, 0)
	if c := newCache(t, room); !kept(c, Request{Key: r.Key, Tenant: "t"}, make([]byte, 1000)) || kept(c, r, make([]byte, 1000)) {
		t.Error("the embedding fits where there is room for the answer only")
	}
	if c := newCache(t, room+2*numberBytes); !kept(c, r, make([]byte, 1000)) || c.store.entries.used != room+2*numberBytes {
		t.Errorf("%d bytes, want %d", c.store.entries.used, room+2*numberBytes)
	}
	r.Question.Model = "model"
	if c := newCache(t, 1<<20); !kept(c, r, nil) || c.store.entries.used != entryOverhead+1+2*numberBytes+int64(len("model")) {
		t.Errorf("%d bytes with a model", c.store.entries.used)
	}
}

// The vectors take no more memory than counted, while a group grows, is used
// up and grows again. Copies are rare.
func TestVectorsAreBounded(t *testing.T) {
	t.Parallel()
	const size, most = 32, 2000
	var vectors []float32
	copies, changes := 0, 0
	change := func(n int) {
		before := cap(vectors)
		vectors = fit(vectors, n*size)[:n*size]
		if 4*cap(vectors) > numberBytes*len(vectors) {
			t.Fatalf("%d bytes for %d numbers", 4*cap(vectors), len(vectors))
		}
		if changes++; cap(vectors) != before {
			copies++
		}
	}
	for _, up := range []bool{true, false, true} {
		for n := range most {
			if !up {
				n = most - 1 - n
			}
			change(n + 1)
		}
	}
	for n := range most { // up and down at one size
		change(1000 + n%2)
	}
	if copies > changes/20 {
		t.Errorf("%d copies in %d changes", copies, changes)
	}
}

// A lookup that begins after an invalidation never finds the entries that it
// removed, while others are added and moved.
func TestSimilarNeverFindsTheInvalidated(t *testing.T) {
	t.Parallel()
	c := newCache(t, 1<<20)
	dep := wire.Dep{ID: "d", Hash: wire.DefaultHash}
	random := wire.Dep{ID: "d", Hash: randomHash}
	var removed atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for removed.Load() < 300 {
				least := removed.Load()
				hit, ok := c.LookupSimilar(asking(0, 0), 0.9)
				if !ok {
					continue
				}
				if n, err := strconv.ParseInt(string(hit.Entry.Body), 10, 64); err != nil || n <= least {
					t.Errorf("found the answer %s after %d was removed", hit.Entry.Body, least)
					return
				}
			}
		})
	}
	for n := int64(1); n <= 300; n++ {
		for k := range uint64(20) {
			_ = c.Keep(asking(uint64(n)*100+k, float64(k)/100, dep), Answer{Body: []byte(strconv.FormatInt(n, 10))})
		}
		if got := c.Invalidate("t", random).Count; got != 20 {
			t.Errorf("%d answers removed, want 20", got)
		}
		removed.Store(n)
	}
	wg.Wait()
	if n := len(c.store.similar.groups); n != 0 {
		t.Errorf("%d groups left", n)
	}
}

// BenchmarkSimilar searches 6,000 entries with 384 numbers each.
func BenchmarkSimilar(b *testing.B) {
	const entries, size = 6000, 384
	c := newCache(b, math.MaxInt64)
	r := rand.New(rand.NewPCG(1, 2))
	request := func(n int) Request {
		v := make([]float32, size)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		unit, err := vector.Unit(v)
		if err != nil {
			b.Fatal(err)
		}
		q := asking(uint64(n), 0)
		q.Question.Vector = unit
		return q
	}
	for n := range entries {
		_ = c.Keep(request(n), Answer{Body: fmt.Append(nil, n)})
	}
	q := request(entries)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.LookupSimilar(q, 0.92); ok {
			b.Fatal("random directions are similar")
		}
	}
}

// The threshold 1 is reached by the same question, although the sums are not
// exact.
func TestSimilarReachesOne(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		v := make([]float32, 384)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		unit, err := vector.Unit(v)
		if err != nil {
			t.Fatal(err)
		}
		c, q := newCache(t, 1<<20), asking(1, 0)
		q.Question.Vector = unit
		_ = c.Keep(q, Answer{})
		if hit, ok := c.LookupSimilar(q, 1); !ok || hit.Similarity > 1 {
			t.Fatalf("got %+v of similarity %v", hit, vector.Dot(unit, unit))
		}
	}
}
