package cachecoretest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// testTenant is the tenant of Client and Token, and of the Gateway's own
// assertions.
const testTenant = "test"

// noTenant is the tenant of requests without a token.
const noTenant = ""

// Tenant contains the assertions on one tenant's requests to a [Gateway].
// [Gateway.Tenant] returns it.
type Tenant struct{ *record }

// Tenant returns the assertions on the tenant with the given name. The
// Gateway's own assertions apply to the tenant "test".
func (g *Gateway) Tenant(name string) *Tenant { return &Tenant{g.recordOf(name)} }

// tenantOf returns the tenant of a token that the gateway has accepted.
func tenantOf(token string) string {
	_, payload, _ := strings.Cut(wire.JWT(token), ".")
	payload, _, _ = strings.Cut(payload, ".")
	var claims struct {
		Tenant string `json:"tenant_id"`
	}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return noTenant
	}
	return claims.Tenant
}

// recordOf returns the record of the tenant, or an empty one for a new tenant.
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

// meet records a tenant that has a token or has sent a request.
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

// hint returns a text on the requests of other tenants, for messages.
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

// whyUnused returns the reason why the tenant cannot have sent a request while
// others can. It returns "" if the tenant can have sent one.
func (t *tenants) whyUnused(tenant string) string {
	t.mu.Lock()
	known := len(t.known) == 0 || slices.Contains(t.known, tenant)
	t.mu.Unlock()
	if known {
		return ""
	}
	return fmt.Sprintf("tenant %q has no token and has sent nothing; for %s, use Gateway.Tenant", tenant, t.others(tenant))
}

// others lists the known tenants except one.
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
