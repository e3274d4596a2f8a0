package page

import (
	"cmp"
	"slices"
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
	Refused       int `json:"refused"`
	Invalidations int `json:"invalidations"`
}

func (t *Totals) add(status string) {
	t.Requests++
	switch status {
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

// kindRow describes a kind of deps.
type kindRow struct {
	Kind          string     `json:"kind"`
	Requests      int        `json:"requests"`
	Invalidations int        `json:"invalidations"`
	Last          *time.Time `json:"last_invalidation,omitempty"`
	Forgotten     bool       `json:"never_invalidated"`
}

// edgeRow counts the requests of one form that carry a kind.
type edgeRow struct {
	System   string `json:"system"`
	Model    string `json:"model"`
	Kind     string `json:"kind"` // empty for requests without deps
	Requests int    `json:"requests"`
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
}

// Forgotten returns the kinds that requests carry and that were never
// invalidated.
func (s *Snapshot) Forgotten() (kinds []kindRow) {
	for _, k := range s.Kinds {
		if k.Forgotten {
			kinds = append(kinds, k)
		}
	}
	return kinds
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
	slices.SortFunc(s.Kinds, func(a, b kindRow) int {
		return cmp.Or(cmpBool(a.Forgotten, b.Forgotten), b.Requests-a.Requests, cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(s.Edges, func(a, b edgeRow) int {
		return cmp.Or(b.Requests-a.Requests, cmp.Compare(a.System, b.System), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Kind, b.Kind))
	})
	return s
}

func newDepRow(d cache.DepEntries) depRow {
	return depRow{clean(d.Tenant, maxKind), clean(d.ID, maxID), d.Count, int(d.Oldest / time.Second), int(d.Newest / time.Second)}
}

// cmpBool sorts true first.
func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (p *Page) copyState(limit int) *Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &Snapshot{
		Totals: p.totals, Requests: p.numbered(0, limit),
		Invalidations: []timedInvalidation{}, Deps: []depRow{}, Kinds: []kindRow{}, Edges: []edgeRow{},
	}
	for _, row := range p.invalidations.last(0, maxInvalidations) {
		s.Invalidations = append(s.Invalidations, timedInvalidation{row.at, row})
	}
	for name, k := range p.kinds {
		row := kindRow{Kind: name, Requests: k.requests, Invalidations: k.invalidations, Forgotten: k.requests > 0 && k.invalidations == 0}
		if !k.last.IsZero() {
			last := k.last
			row.Last = &last
		}
		s.Kinds = append(s.Kinds, row)
	}
	for key, n := range p.edges {
		s.Edges = append(s.Edges, edgeRow{key.system, key.model, key.kind, n})
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
