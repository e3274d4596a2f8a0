package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// kindKey identifies a kind of a tenant's deps. The tenant is empty for
// requests without a token, whose answers are not kept.
type kindKey struct{ tenant, kind string }

type kindCount struct {
	requests, invalidations int
	last                    time.Time // of the invalidations
}

// kindRow describes a kind of deps.
type kindRow struct {
	Tenant        string     `json:"tenant,omitempty"` // only if there are several
	Kind          string     `json:"kind"`
	Requests      int        `json:"requests"`
	Invalidations int        `json:"invalidations"`
	Last          *time.Time `json:"last_invalidation,omitempty"`
	Forgotten     bool       `json:"never_invalidated"` // by a tenant that the row counts
}

// kind returns the counts of the kind, and its name. Once there are too many
// kinds, all further ones have one name.
func (p *Page) kind(tenant, name string) (*kindCount, string) {
	key := kindKey{tenant, name}
	if p.kinds[key] == nil && len(p.kinds) >= maxKinds {
		key = kindKey{otherTenants, otherKinds}
	}
	k := p.kinds[key]
	if k == nil {
		k = &kindCount{}
		p.kinds[key] = k
	}
	return k, key.kind
}

// countKinds counts the request for each of its kinds, and returns their names,
// sorted.
func (p *Page) countKinds(tenant string, deps []wire.Dep) (names []string) {
	for _, kind := range kindsOf(deps) {
		k, name := p.kind(tenant, kind)
		if !slices.Contains(names, name) {
			k.requests++
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// kindRows returns a row for each kind and, if there are several tenants, for
// each of them. The kinds that are never invalidated come first. An invalidation
// of one tenant drops no answers of another.
func (p *Page) kindRows() []kindRow {
	tenants := map[string]bool{}
	for key := range p.kinds {
		if key.tenant != "" {
			tenants[key.tenant] = true
		}
	}
	rows := map[kindKey]kindRow{}
	for key, k := range p.kinds {
		forgotten := key.tenant != "" && k.requests > 0 && k.invalidations == 0
		if len(tenants) < 2 {
			key.tenant = ""
		}
		row := rows[key]
		row.add(kindRow{key.tenant, key.kind, k.requests, k.invalidations, nil, forgotten})
		if !k.last.IsZero() {
			row.Last = &k.last
		}
		rows[key] = row
	}
	all := make([]kindRow, 0, len(rows))
	for _, row := range rows {
		all = append(all, row)
	}
	slices.SortFunc(all, func(a, b kindRow) int {
		return cmp.Or(cmpBool(a.Forgotten, b.Forgotten), b.Requests-a.Requests, cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Tenant, b.Tenant))
	})
	return all
}

// add adds the counts of another row of the kind.
func (k *kindRow) add(other kindRow) {
	k.Tenant, k.Kind = other.Tenant, other.Kind
	k.Requests += other.Requests
	k.Invalidations += other.Invalidations
	k.Forgotten = k.Forgotten || other.Forgotten
}

// findings are the kinds that were never invalidated.
type findings struct {
	Kinds []kindRow
	More  int
}

// Forgotten returns the first kinds that requests carry and that were never
// invalidated. It is nil if there are none.
func (s *Snapshot) Forgotten() *findings {
	n := 0 // they come first
	for n < len(s.Kinds) && s.Kinds[n].Forgotten {
		n++
	}
	if n == 0 {
		return nil
	}
	first := min(n, maxFindings)
	return &findings{s.Kinds[:first], n - first}
}

// kindsOf returns the kinds of the deps, each once.
func kindsOf(deps []wire.Dep) (kinds []string) {
	for _, d := range deps {
		if kind := kindOf(d.ID); !slices.Contains(kinds, kind) && len(kinds) < maxKinds {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// kindOf returns the prefix of an id.
func kindOf(id string) string {
	kind, _, _ := strings.Cut(id, ":")
	if kind == noDeps {
		return "(no kind)"
	}
	return clean(kind, maxKind)
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
