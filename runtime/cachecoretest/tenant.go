package cachecoretest

import (
	"fmt"
	"slices"
	"strings"
)

// testTenant is the tenant of Client and Token, and of a Gateway's own
// assertions.
const testTenant = "test"

// noTenant is whose requests those without a token are.
const noTenant = ""

// Tenant contains the assertions on one tenant's requests to a [Gateway]. It is
// made by [Gateway.Tenant].
type Tenant struct{ *record }

// Tenant returns the assertions on the tenant with the given name. Those of the
// Gateway itself are on the tenant "test".
func (g *Gateway) Tenant(name string) *Tenant { return &Tenant{g.recordOf(name)} }

// recordOf returns the record of the tenant, an empty one if that is new.
func (g *Gateway) recordOf(tenant string) *record {
	g.tenants.mu.Lock()
	defer g.tenants.mu.Unlock()
	if r, ok := g.tenants.records[tenant]; ok {
		return r
	}
	r := &record{
		tb:     g.tb,
		others: func() string { return g.tenants.hint(tenant) },
		unused: func() string { return g.tenants.whyUnused(tenant) },
	}
	if g.tenants.records == nil {
		g.tenants.records = map[string]*record{}
	}
	g.tenants.records[tenant] = r
	return r
}

// meet notes that there is such a tenant: it has a token, or has sent
// something.
func (g *Gateway) meet(tenant string) {
	if tenant == noTenant {
		return
	}
	g.tenants.mu.Lock()
	defer g.tenants.mu.Unlock()
	if !slices.Contains(g.tenants.known, tenant) {
		g.tenants.known = append(g.tenants.known, tenant)
	}
}

// hint says where to look for what else has arrived.
func (t *tenants) hint(tenant string) string {
	hint := ""
	if others := t.others(tenant); others != "" {
		hint = fmt.Sprintf(" (of tenant %q; for %s, use Gateway.Tenant)", tenant, others)
	}
	t.mu.Lock()
	nobody := t.records[noTenant]
	t.mu.Unlock()
	if nobody != nil {
		hint += fmt.Sprintf(" (requests without a token are not counted: %d)", nobody.requests())
	}
	return hint
}

// whyUnused says that the tenant cannot have sent anything, while others can.
func (t *tenants) whyUnused(tenant string) string {
	t.mu.Lock()
	known := len(t.known) == 0 || slices.Contains(t.known, tenant)
	t.mu.Unlock()
	if known {
		return ""
	}
	return fmt.Sprintf("tenant %q has no token and has sent nothing; for %s, use Gateway.Tenant", tenant, t.others(tenant))
}

// others lists the known tenants but one.
func (t *tenants) others(tenant string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, name := range t.known {
		if name != tenant {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	return strings.Join(names, ", ")
}
