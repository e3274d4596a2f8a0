package page

import (
	"maps"
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
)

// maxDepRows is the number of deps in the table of entries.
const maxDepRows = 50

// Totals counts the requests and invalidations since the gateway began.
type Totals struct {
	Requests      int `json:"requests"`
	Hits          int `json:"hits"`
	Misses        int `json:"misses"`
	Bypasses      int `json:"bypasses"`
	Refused       int `json:"refused"` // requests and invalidations
	Invalidations int `json:"invalidations"`
	Crossed       int `json:"crossed"` // hits that were made from other data
}

func (t *Totals) add(row requestRow) {
	t.Requests++
	if row.Crossing != nil {
		t.Crossed++
	}
	switch row.Status {
	case "":
		t.Refused++
	case "MISS":
		t.Misses++
	case "BYPASS":
		t.Bypasses++
	default:
		t.Hits++
	}
}

// HitRate returns the share of hits in the requests that the cache could
// answer, in percent.
func (t *Totals) HitRate() int {
	return 100 * t.Hits / max(t.Hits+t.Misses, 1)
}

type numberedRequest struct {
	Number int       `json:"number"`
	Time   time.Time `json:"time"`
	requestRow
}

type timedInvalidation struct {
	Time time.Time `json:"time"`
	invalidationRow
}

// depRow describes the entries of a dep.
type depRow struct {
	Tenant  string `json:"tenant"`
	Dep     string `json:"dep"`
	Entries int    `json:"entries"`
	Oldest  int    `json:"oldest_seconds"`
	Newest  int    `json:"newest_seconds"`
}

// Snapshot is the content of the page.
type Snapshot struct {
	Totals        Totals              `json:"totals"`
	Requests      []numberedRequest   `json:"requests"` // the newest first
	Invalidations []timedInvalidation `json:"invalidations"`
	Deps          []depRow            `json:"deps"` // with the most entries
	AllDeps       int                 `json:"all_deps"`
	Kinds         []kindRow           `json:"kinds"`
	Edges         []edgeRow           `json:"edges"`
	Embeddings    *Faults             `json:"embeddings,omitempty"`
	Refreshes     *Faults             `json:"refreshes,omitempty"`

	shapes                   map[shape]shapeCount
	withoutDeps, otherShapes int
}

// snapshot returns the last requests, at most limit of them, and everything
// else.
func (p *Page) snapshot(limit int) *Snapshot {
	entries, all := p.deps(maxDepRows)
	s := p.copyState(limit)
	s.AllDeps = all
	for _, d := range entries {
		s.Deps = append(s.Deps, newDepRow(d))
	}
	s.Edges = edgeRows(s.shapes)
	return s
}

func newDepRow(d cache.DepEntries) depRow {
	return depRow{clean(d.Tenant, maxKind), clean(d.ID, maxID), d.Count, int(d.Oldest / time.Second), int(d.Newest / time.Second)}
}

func (p *Page) copyState(limit int) *Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &Snapshot{
		Totals: p.totals, Requests: p.numbered(0, limit),
		Invalidations: []timedInvalidation{}, Deps: []depRow{}, Kinds: p.kindRows(),
		Embeddings: p.embeddings.faults(), Refreshes: p.refreshes.faults(),
		shapes: maps.Clone(p.shapes), withoutDeps: p.withoutDeps, otherShapes: p.otherShapes,
	}
	for _, row := range p.invalidations.last(0, maxInvalidations) {
		s.Invalidations = append(s.Invalidations, timedInvalidation{row.at, row})
	}
	return s
}

// numbered returns the requests after the given number. The caller holds the
// lock.
func (p *Page) numbered(after, limit int) []numberedRequest {
	rows := p.requests.last(after, limit)
	out := make([]numberedRequest, 0, len(rows))
	for i, row := range rows {
		out = append(out, numberedRequest{p.requests.count - i, row.at, row})
	}
	return out
}
