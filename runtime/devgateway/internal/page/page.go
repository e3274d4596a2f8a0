// Package page is the local gateway's debug page: the latest requests, the
// entries by dep, and what invalidations have dropped. Its memory is limited,
// and it never delays a request.
package page

import (
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// Limits of the page's memory.
const (
	maxRequests      = 200
	maxInvalidations = 100
	maxDepsShown     = 6   // of a request
	maxKinds         = 200 // further ones count as otherKinds
	maxEdges         = 1000
	maxStreams       = 16
)

// Kinds that are not the prefix of an id.
const (
	noDeps     = ""
	otherKinds = "(other kinds)"
)

// Request is a completion request.
type Request struct {
	Tenant string
	Status string // of X-Cache; empty if the gateway refused the request
	Code   int
	Age    time.Duration
	Deps   []wire.Dep
	Reason string
	Label  *cache.Label // nil if the body was not read
}

// Invalidation is an invalidation.
type Invalidation struct {
	Tenant  string
	Dep     wire.Dep
	Removed cache.Removed
}

// Page remembers the latest requests and invalidations, and shows them. It is
// safe for concurrent use.
type Page struct {
	now  func() time.Time
	deps func(limit int) ([]cache.DepEntries, int)
	boot string // identifies this page among those of earlier gateways

	mu            sync.Mutex
	requests      ring[requestRow]
	invalidations ring[invalidationRow]
	totals        Totals
	kinds         map[string]*kindCount
	edges         map[edgeKey]int
	streams       int
	closed        chan struct{}
	isClosed      bool
}

type kindCount struct {
	requests, invalidations int
	last                    time.Time // of the invalidations
}

// edgeKey connects requests of one form with a kind of their deps.
type edgeKey struct{ system, model, kind string }

// New returns an empty page. Deps returns the deps with the most entries.
func New(now func() time.Time, deps func(limit int) ([]cache.DepEntries, int)) *Page {
	return &Page{
		now: now, deps: deps, boot: bootID(now()),
		requests:      ring[requestRow]{max: maxRequests},
		invalidations: ring[invalidationRow]{max: maxInvalidations},
		kinds:         map[string]*kindCount{},
		edges:         map[edgeKey]int{},
		closed:        make(chan struct{}),
	}
}

// Request adds a request.
func (p *Page) Request(r Request) {
	row := newRequestRow(r, p.now())
	kinds := kindsOf(r.Deps)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests.add(row)
	p.totals.add(r.Status)
	if r.Status != "" {
		for _, kind := range kinds {
			p.kind(kind).requests++
		}
		p.addEdges(row, kinds)
	}
}

// Invalidation adds an invalidation.
func (p *Page) Invalidation(i Invalidation) {
	row := newInvalidationRow(i, p.now())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.invalidations.add(row)
	p.totals.Invalidations++
	if i.Dep.ID != wire.PolicyDep {
		k := p.kind(kindOf(i.Dep.ID))
		k.invalidations++
		k.last = row.at
	}
}

// kind returns the counts of the kind.
func (p *Page) kind(name string) *kindCount {
	k := p.kinds[name]
	if k == nil {
		if len(p.kinds) >= maxKinds && name != noDeps {
			name = otherKinds
		}
		if k = p.kinds[name]; k == nil {
			k = &kindCount{}
			p.kinds[name] = k
		}
	}
	return k
}

func (p *Page) addEdges(row requestRow, kinds []string) {
	if len(kinds) == 0 {
		kinds = []string{noDeps}
	}
	for _, kind := range kinds {
		key := edgeKey{row.System, row.Model, kind}
		if _, known := p.edges[key]; known || len(p.edges) < maxEdges {
			p.edges[key]++
		}
	}
}

// Close ends all streams, and those that begin later.
func (p *Page) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.isClosed {
		p.isClosed = true
		close(p.closed)
	}
}

// ring contains the last values, numbered from 1.
type ring[T any] struct {
	max    int
	values []T
	count  int // of all values that were added
}

func (r *ring[T]) add(v T) {
	if len(r.values) < r.max {
		r.values = append(r.values, v)
	} else {
		r.values[r.count%r.max] = v
	}
	r.count++
}

// last returns the latest values, the newest first: those after the given
// number, and at most limit of them.
func (r *ring[T]) last(after, limit int) []T {
	n := min(r.count-after, len(r.values), limit)
	out := make([]T, 0, max(n, 0))
	for i := range n {
		out = append(out, r.values[(r.count-1-i)%r.max])
	}
	return out
}
