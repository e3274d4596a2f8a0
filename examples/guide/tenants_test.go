package guide

import (
	"net/http/httptest"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

func TestTenantsShareNothing(t *testing.T) {
	t.Parallel()
	secret := []byte("dev-secret-of-at-least-32-bytes!")
	db := newDB()
	gateway, err := devgateway.New(devgateway.WithSecret(secret), devgateway.WithUpstream(model(db)))
	check(t, err)
	server := httptest.NewServer(gateway)
	tokens := map[string]string{}
	for _, tenant := range []string{"acme", "bolt"} {
		tokens[tenant], err = devgateway.Mint(secret, devgateway.Claims{Tenant: tenant})
		check(t, err)
	}
	tenants, err := NewTenants(server.URL, db, tokens)
	check(t, err)
	ask := func(tenant string) cachecore.Status {
		t.Helper()
		ctx, desk, err := tenants.Enter(t.Context(), tenant)
		check(t, err)
		ctx, call := cachecore.WithCall(ctx)
		_, err = desk.Ask(ctx, contract)
		check(t, err)
		return call.Status().Status
	}

	for _, tenant := range []string{"acme", "bolt"} {
		if first, second := ask(tenant), ask(tenant); first != "MISS" || second != "HIT_L1" {
			t.Errorf("%s: got %s and %s, want a miss and a hit of its own", tenant, first, second)
		}
	}
	ctx, desk, err := tenants.Enter(t.Context(), "acme")
	check(t, err)
	check(t, desk.Change(ctx, contract, "14 days' notice"))
	if acme, bolt := ask("acme"), ask("bolt"); acme != "MISS" || bolt != "HIT_L1" {
		t.Errorf("after a change by acme: got %s for acme and %s for bolt, want MISS and HIT_L1", acme, bolt)
	}
	if _, _, err := tenants.Enter(t.Context(), "nobody"); err == nil {
		t.Error("a tenant that does not exist is let in")
	}

	check(t, tenants.Close(t.Context()))
	for _, client := range tenants.clients {
		client.HTTPClient().CloseIdleConnections()
	}
	server.Close()
	check(t, gateway.Close(t.Context()))
}
