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
	maxAmended       = 50
	maxDepsShown     = 6   // of a request
	maxCrossing      = 3   // deps on each side
	maxKinds         = 200 // further ones count as otherKinds
	maxFindings      = 10
	maxShapes        = 500
	maxShapeKinds    = 20
	maxEdges         = 1000
	maxAttempts      = 20
	maxStreams       = 16
)

// Kinds that are not the prefix of an id, and tenants that are not in a token.
const (
	noDeps       = ""
	otherKinds   = "(other kinds)"
	otherTenants = "(any tenant)"
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

	// Of an answer to a similar question. The deps differ if it was made from
	// other data: OnlyRequest lacks in the answer, OnlyAnswer in the request.
	Similarity              float64
	EntryDeps               []wire.Dep
	OnlyRequest, OnlyAnswer []wire.Dep

	Compared      bool   // with similar questions, or the embedder failed
	EmbedderFault string // the reason why the embedder failed
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
	amended       ring[int] // numbers of requests whose reason was completed later
	invalidations ring[invalidationRow]
	totals        Totals
	kinds         map[kindKey]*kindCount
	withoutDeps   int // requests
	shapes        map[shape]shapeCount
	otherShapes   int // requests
	embeddings    attempts
	refreshes     attempts
	streams       int
	closed        chan struct{}
	isClosed      bool
}

// New returns an empty page. Deps returns the deps with the most entries.
func New(now func() time.Time, deps func(limit int) ([]cache.DepEntries, int)) *Page {
	return &Page{
		now: now, deps: deps, boot: bootID(now()),
		requests:      ring[requestRow]{max: maxRequests},
		amended:       ring[int]{max: maxAmended},
		invalidations: ring[invalidationRow]{max: maxInvalidations},
		kinds:         map[kindKey]*kindCount{},
		shapes:        map[shape]shapeCount{},
		closed:        make(chan struct{}),
	}
}

// Request adds a request, and returns its number.
func (p *Page) Request(r Request) int {
	now := p.now()
	row := newRequestRow(r, now)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests.add(row)
	p.totals.add(row)
	if r.Compared {
		p.embeddings.add(r.EmbedderFault, now)
	}
	if r.Status != "" {
		kinds := p.countKinds(row.Tenant, r.Deps)
		if len(kinds) == 0 {
			p.withoutDeps++
		}
		p.countShape(row, kinds)
	}
	return p.requests.count
}

// Amend replaces the reason of a request that is still shown.
func (p *Page) Amend(number int, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if row := p.requests.at(number); row != nil {
		row.Reason = clean(reason, maxReason)
		p.amended.add(number)
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
		k, _ := p.kind(row.Tenant, kindOf(i.Dep.ID))
		k.invalidations++
		k.last = row.at
	}
}

// RefusedInvalidation adds an invalidation that the gateway refused. The tenant
// is empty if the token was not accepted.
func (p *Page) RefusedInvalidation(tenant string, code int, reason string) {
	row := invalidationRow{
		at: p.now(), Tenant: clean(tenant, maxKind), Code: code, Reason: clean(reason, maxReason), Dropped: []droppedRow{},
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.invalidations.add(row)
	p.totals.Refused++
}

// Refresh adds a background refresh, whose error is empty if it succeeded.
func (p *Page) Refresh(fault string) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refreshes.add(fault, now)
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

// at returns the value of the number, nil if it is gone.
func (r *ring[T]) at(number int) *T {
	if number < 1 || number > r.count || number <= r.count-len(r.values) {
		return nil
	}
	return &r.values[(number-1)%r.max]
}
