package cache

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// historyModel knows everything that has happened, without any limit.
type historyModel struct {
	entries map[Key]*modelAnswer
	fates   map[Key]Cause // Ago counts from the model's beginning
	asked   []modelAsked
	current map[depKey]string
}

type modelAnswer struct {
	tenant string
	hashes map[string]string
	at     time.Duration
}

type modelAsked struct {
	Request
	Asked
	at     time.Duration
	source *Key // of the entry of a similar question that answered it
}

func (m *historyModel) cause(r Request, a Asked, now time.Duration) Cause {
	if e := m.entries[r.Key]; e != nil {
		for _, d := range r.Deps {
			if hash, has := e.hashes[d.ID]; !has {
				return Cause{Kind: LacksDep, Dep: d}
			} else if hash != d.Hash {
				return Cause{Kind: OtherHash, Dep: d, Hash: hash}
			}
		}
		return Cause{Kind: Expired, Ago: now - e.at - r.Fresh - r.Stale}
	}
	if f, ok := m.fates[r.Key]; ok {
		f.Ago = now - f.Ago
		return f
	}
	var before *modelAsked // of the same callers, or else of the tenant
	for i := range m.asked {
		b := &m.asked[i]
		if b.Asked.Question != a.Question || b.Tenant != r.Tenant {
			continue
		}
		if before == nil || b.Key.Caller == r.Key.Caller || before.Key.Caller != r.Key.Caller {
			before = b
		}
	}
	switch {
	case before == nil:
		return Cause{Kind: First}
	case before.Key == r.Key && before.source != nil:
		if e := m.entries[*before.source]; e != nil && now-e.at >= r.Fresh+r.Stale {
			return Cause{Kind: Expired, Ago: now - e.at - r.Fresh - r.Stale}
		} else if f, ok := m.fates[*before.source]; ok && e == nil && f.Kind == Invalidated {
			f.Ago = now - f.Ago
			return f
		}
		return Cause{Kind: SameBytes, Ago: now - before.at}
	case before.Key == r.Key:
		return Cause{Kind: SameBytes, Ago: now - before.at}
	}
	c := Cause{Kind: OtherBytes, Ago: now - before.at, Before: before.Body, Parts: a.Parts.differ(before.Parts)}
	if len(c.Parts) > 0 {
		c.Kind = OtherNamespace
	}
	if before.Key.Caller != r.Key.Caller {
		c.Before = nil
	}
	return c
}

func (m *historyModel) keep(r Request, now time.Duration) error {
	if m.outdated(r) != nil {
		err := cmp.Or[error](r.Outdated, movedOnError(r.Deps[0].ID))
		m.fates[r.Key] = Cause{Kind: Unkept, Ago: now, Why: err.Error()}
		return err
	}
	delete(m.fates, r.Key)
	m.entries[r.Key] = &modelAnswer{r.Tenant, hashesOf(r.Deps), now}
	return nil
}

func (m *historyModel) outdated(r Request) error {
	for _, d := range r.Deps {
		if hash, known := m.current[depKey{r.Tenant, d.ID}]; known && hash != d.Hash && d.Hash != wire.DefaultHash {
			return &outdatedError{d, hash}
		}
	}
	return nil
}

func (m *historyModel) invalidate(tenant string, d wire.Dep, now time.Duration) {
	m.current[depKey{tenant, d.ID}] = d.Hash
	for k, e := range m.entries {
		if _, has := e.hashes[d.ID]; has && e.tenant == tenant {
			delete(m.entries, k)
			m.fates[k] = Cause{Kind: Invalidated, Ago: now, Dep: d}
		}
	}
}

// anyEntry returns the key of a random entry of the tenant, or nil.
func (m *historyModel) anyEntry(r *rand.Rand, tenant string) *Key {
	var keys []Key
	for k, e := range m.entries {
		if e.tenant == tenant {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, func(a, b Key) int {
		return cmp.Or(bytes.Compare(a.Caller[:], b.Caller[:]), bytes.Compare(a.Body[:], b.Body[:]))
	})
	return &keys[r.IntN(len(keys))]
}

// After any sequence of operations, each miss has the cause that the model,
// which forgets nothing, gives.
func TestCausesAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	kinds := map[CauseKind]int{}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		begin := time.Unix(1_900_000_000, 0)
		now := time.Duration(0)
		c, err := New(1<<20, false, func() time.Time { return begin.Add(now) })
		if err != nil {
			t.Fatal(err)
		}
		m := &historyModel{entries: map[Key]*modelAnswer{}, fates: map[Key]Cause{}, current: map[depKey]string{}}
		for range 1000 {
			now += time.Duration(r.IntN(3)) * time.Second
			tenant, role, version := r.IntN(2), r.IntN(2), r.IntN(3)
			req := Request{Tenant: fmt.Sprint("t", tenant), Fresh: 20 * time.Second, Stale: 10 * time.Second}
			req.Key.Caller[0], req.Key.Caller[1] = byte(tenant), byte(role)
			question, more := r.IntN(3), r.IntN(2)
			binary.BigEndian.PutUint64(req.Key.Body[:], uint64(question*100+more*10+version))
			asked := Asked{Body: []byte(fmt.Sprint(question, more, version))}
			asked.Question[0], asked.Parts[Roles][0], asked.Parts[Tools][0] = byte(question), byte(role), byte(more)
			if r.IntN(3) > 0 {
				req.Deps = append(req.Deps, wire.Dep{ID: fmt.Sprint("d", r.IntN(2)), Hash: fmt.Sprint("v", 1+r.IntN(2))})
			}
			if r.IntN(6) == 0 {
				d := wire.Dep{ID: fmt.Sprint("d", r.IntN(2)), Hash: randomHash}
				c.Invalidate(req.Tenant, d)
				m.invalidate(req.Tenant, d, now)
				continue
			}
			if _, hit := c.Lookup(req); hit {
				continue
			}
			if source := m.anyEntry(r, req.Tenant); source != nil && r.IntN(4) == 0 {
				c.Answered(req, asked, Hit{key: *source})
				delete(m.fates, req.Key)
				m.asked = append(m.asked, modelAsked{req, asked, now, source})
				continue
			}
			got, want := c.Ask(req, asked), m.cause(req, asked, now)
			want.Outdated = m.outdated(req)
			req.Outdated = got.Outdated
			if r.IntN(8) == 0 { // during the call
				d := wire.Dep{ID: "d0", Hash: randomHash}
				c.Invalidate(req.Tenant, d)
				m.invalidate(req.Tenant, d, now)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: got %+v, want %+v", seed, got, want)
			}
			kinds[got.Kind]++
			m.asked = append(m.asked, modelAsked{req, asked, now, nil})
			switch r.IntN(4) {
			case 0: // still in progress
			case 1:
				c.Unkept(req, "status 500")
				m.fates[req.Key] = Cause{Kind: Unkept, Ago: now, Why: "status 500"}
			default:
				if got, want := c.Keep(req, Answer{}), m.keep(req, now); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("seed %d: keep: %v, want %v", seed, got, want)
				}
			}
		}
	}
	for kind := First; kind <= Unkept; kind++ {
		if kinds[kind] == 0 && kind != Evicted {
			t.Errorf("no miss had a cause of kind %d", kind)
		}
	}
}

// Many requests and bodies of any length do not exceed the history's limits.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	c, err := New(1<<30, false, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	const n = 2 * maxFates / fateOverhead
	for i := range uint64(n) {
		r := Request{Tenant: "t"}
		binary.BigEndian.PutUint64(r.Key.Body[:], i)
		a := Asked{Body: make([]byte, 1<<10)}
		if i%100 == 0 {
			a.Body = make([]byte, MaxRemembered+1)
		}
		binary.BigEndian.PutUint64(a.Question[:], i)
		c.Ask(r, a)
		c.Unkept(r, "status 500")
	}
	h := c.store.history
	if h.asked.used > maxAsked || h.asked.used < maxAsked/2 || h.fates.used > maxFates || h.fates.used < maxFates/2 {
		t.Errorf("%d and %d bytes, want at most %d and %d", h.asked.used, h.fates.used, maxAsked, maxFates)
	}
	for _, a := range h.asked.lru.Values() {
		if len(a.Body) > MaxRemembered {
			t.Fatalf("a body of %d bytes is remembered", len(a.Body))
		}
	}
}
