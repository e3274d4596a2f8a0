package cache

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// randomHash is the new hash of data without a version.
const randomHash = "0b0e7a1c-6f0e-4c1e-9f0a-3c1d2e4f5a6b"

// model is the simplest possible store: a list with the most recently used
// entry first.
type model struct {
	max     int64
	entries []modelEntry
	current map[depKey]string
	added   int
}

type modelEntry struct {
	key Key
	*Entry
	question *Question
	added    int
}

func (m *model) find(k Key) int {
	for i, e := range m.entries {
		if e.key == k {
			return i
		}
	}
	return -1
}

func (m *model) remove(i int) modelEntry {
	e := m.entries[i]
	m.entries = append(m.entries[:i:i], m.entries[i+1:]...)
	return e
}

func (m *model) add(e modelEntry) { m.entries = append([]modelEntry{e}, m.entries...) }

func (m *model) outdated(e *Entry) bool {
	for id, hash := range e.hashes {
		now, known := m.current[depKey{e.tenant, id}]
		if known && now != hash && (hash != "v1" || now != randomHash) {
			return true
		}
	}
	return false
}

func (m *model) get(k Key, deps []wire.Dep) *Entry {
	i := m.find(k)
	if i < 0 {
		return nil
	}
	e := m.remove(i)
	m.add(e)
	if !covers(e.hashes, deps) || m.outdated(e.Entry) {
		return nil
	}
	return e.Entry
}

func (m *model) put(k Key, e *Entry, q *Question) bool {
	if m.outdated(e) || entryCost(k, e) > m.max {
		return false
	}
	if i := m.find(k); i >= 0 {
		m.remove(i)
	}
	m.added++
	m.add(modelEntry{k, e, q, m.added})
	for m.used() > m.max {
		m.remove(len(m.entries) - 1)
	}
	return true
}

// nearest returns the entry with the most similar question. Of equally similar
// ones, it returns the one that was added last.
func (m *model) nearest(q *Question, threshold float64, alive func(*Entry) bool) *Entry {
	var best modelEntry
	similarity := -2.0
	for _, e := range m.entries {
		if e.question == nil || e.question.Shape != q.Shape || !alive(e.Entry) {
			continue
		}
		sum := 0.0 // exact, because the numbers have few digits
		for i, n := range q.Vector {
			sum += float64(n) * float64(e.question.Vector[i])
		}
		if sum >= threshold && (sum > similarity || sum == similarity && e.added > best.added) {
			best, similarity = e, sum
		}
	}
	return best.Entry
}

func (m *model) used() (n int64) {
	for _, e := range m.entries {
		n += entryCost(e.key, e.Entry)
	}
	return n
}

func (m *model) invalidate(d depKey, hash string) (n int) {
	m.current[d] = hash
	for i, e := range slices.Backward(m.entries) {
		if _, has := e.hashes[d.id]; e.tenant == d.tenant && (has || d.id == wire.PolicyDep) {
			m.remove(i)
			n++
		}
	}
	return n
}

// check compares the contents of the store with those of the model.
func (m *model) check(t *testing.T, s *store) {
	t.Helper()
	if s.entries.used != m.used() || s.entries.used > m.max || s.entries.lru.Len() != len(m.entries) {
		t.Fatalf("%d bytes in %d entries, want %d in %d of at most %d", s.entries.used, s.entries.lru.Len(), m.used(), len(m.entries), m.max)
	}
	m.checkQuestions(t, s)
	index := map[depKey]map[Key]bool{}
	for _, e := range m.entries {
		e.ids(func(d depKey) {
			if index[d] == nil {
				index[d] = map[Key]bool{}
			}
			index[d][e.key] = true
		})
	}
	if len(s.byDep) != len(index) {
		t.Fatalf("%d deps in the index, want %d", len(s.byDep), len(index))
	}
	for d, keys := range index {
		if len(s.byDep[d]) != len(keys) {
			t.Fatalf("%v has %d keys, want %d", d, len(s.byDep[d]), len(keys))
		}
		for k := range keys {
			if _, ok := s.byDep[d][k]; !ok {
				t.Fatalf("%v lacks a key", d)
			}
		}
	}
}

// checkQuestions compares the index of questions with the entries of the model.
func (m *model) checkQuestions(t *testing.T, s *store) {
	t.Helper()
	members := 0
	for k, g := range s.similar.groups {
		members += len(g.members)
		if len(g.members) == 0 || g.Shape != k || len(g.vectors) != g.size*len(g.members) {
			t.Fatalf("%d members with %d numbers", len(g.members), len(g.vectors))
		}
		if counted := numberBytes * len(g.vectors); 4*cap(g.vectors) > counted || cap(g.members) > len(g.members)*5/4 {
			t.Fatalf("%d bytes for vectors, %d counted, and room for %d members of %d", 4*cap(g.vectors), counted, cap(g.members), len(g.members))
		}
	}
	for _, e := range m.entries {
		if got := s.similar.question(e.Entry); (got == nil) != (e.question == nil) || got != nil && !reflect.DeepEqual(got, e.question) {
			t.Fatalf("question %v, want %v", got, e.question)
		}
		if e.question != nil {
			members--
		}
	}
	if members != 0 {
		t.Fatalf("%d questions too many", members)
	}
}

// After any sequence of operations, the store answers like the model, and its
// index contains exactly the existing entries.
func TestStoreBehavesAsTheModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 0))
			m := &model{max: 12_000, current: map[depKey]string{}}
			s, err := newStore(m.max, false)
			if err != nil {
				t.Fatal(err)
			}
			tenant := func() string { return fmt.Sprint("t", r.IntN(2)) }
			deps := func() (deps []wire.Dep) {
				for id := range 5 {
					if r.IntN(3) == 0 {
						deps = append(deps, wire.Dep{ID: fmt.Sprint("d", id), Hash: fmt.Sprint("v", 1+r.IntN(3))})
					}
				}
				return deps
			}
			for range 500 {
				var k Key
				binary.BigEndian.PutUint64(k.Body[:], r.Uint64N(30))
				switch r.IntN(10) {
				case 0:
					d, hash := depKey{tenant(), fmt.Sprint("d", r.IntN(5))}, fmt.Sprint("v", 1+r.IntN(3))
					if r.IntN(2) == 0 {
						hash = randomHash
					}
					if r.IntN(10) == 0 {
						d.id = wire.PolicyDep
					}
					if got, want := s.invalidate(d, hash, time.Time{}).Count, m.invalidate(d, hash); got != want {
						t.Fatalf("invalidate %v: %d, want %d", d, got, want)
					}
				case 1, 2, 3:
					e := &Entry{Answer: Answer{Body: make([]byte, r.IntN(3000)), Label: &Label{Text: "hello"}}, tenant: tenant(), hashes: hashesOf(deps()), stored: time.Unix(0, 0)}
					if r.IntN(50) == 0 {
						e.Body = make([]byte, m.max)
					}
					var q *Question
					if r.IntN(4) > 0 {
						q = randomQuestion(r)
						e.question = questionCost(q)
					}
					if got, want := s.put(k, e, Request{Question: q}) == nil, m.put(k, e, q); got != want {
						t.Fatalf("put: %v, want %v", got, want)
					}
				case 4, 5:
					q, threshold := randomQuestion(r), r.Float64()
					alive := func(e *Entry) bool { return len(e.Body)%4 > 0 }
					got, similarity := s.similar.nearest(q, threshold, alive)
					if want := m.nearest(q, threshold, alive); got.entry != want || want != nil && similarity < threshold {
						t.Fatalf("nearest: %v of %v, want %v", got.entry, similarity, want)
					}
					if got.entry != nil && s.get(got.key, nil) != m.get(got.key, nil) {
						t.Fatal("the key of the nearest is not that of its entry")
					}
				default:
					want := deps()[:0:0]
					if r.IntN(2) == 0 {
						want = deps()
					}
					if got, want := s.get(k, want), m.get(k, want); got != want {
						t.Fatalf("get: %v, want %v", got, want)
					}
				}
				m.check(t, s)
			}
		})
	}
}

// randomQuestion returns one of few questions, so that draws occur.
func randomQuestion(r *rand.Rand) *Question {
	q := &Question{
		Shape:  Shape{Namespace: Digest{byte(r.IntN(2))}, Model: []string{"m", "n"}[r.IntN(2)], Stream: r.IntN(2) == 0},
		Vector: make([]float32, 9),
	}
	for i := range q.Vector {
		q.Vector[i] = float32(r.IntN(5)-2) / 8
	}
	return q
}

// An attacker, or a long day, brings ever new ids. The memory for them is
// limited.
func TestKnownHashesAreBounded(t *testing.T) {
	t.Parallel()
	s, err := newStore(1<<20, false)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", wire.MaxID-8)
	const n = 2 * maxHashBytes / wire.MaxID
	for i := range n {
		s.invalidate(depKey{"t", fmt.Sprintf("%s%08d", long, i)}, "2", time.Time{})
	}
	if s.current.used > maxHashBytes || s.current.lru.Len() >= n || s.current.lru.Len() < n/4 {
		t.Errorf("%d hashes take %d bytes, want at most %d", s.current.lru.Len(), s.current.used, maxHashBytes)
	}
	if len(s.byDep) != 0 {
		t.Errorf("%d ids in the index although there are no entries", len(s.byDep))
	}
}
