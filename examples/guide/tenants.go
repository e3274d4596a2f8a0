package guide

import (
	"context"
	"errors"
	"fmt"

	"github.com/depgen/depgen/runtime/cachecore"
)

// Tenants serves several tenants of one gateway, each with a client of its own.
type Tenants struct {
	url     string
	db      *DB
	clients map[string]*cachecore.Client
}

// NewTenants creates a client per tenant. tokens maps tenant names to tokens.
func NewTenants(url string, db *DB, tokens map[string]string) (*Tenants, error) {
	t := &Tenants{url: url, db: db, clients: map[string]*cachecore.Client{}}
	for tenant, token := range tokens {
		client, err := cachecore.New(url, token)
		if err != nil {
			return nil, fmt.Errorf("tenant %s: %w", tenant, err)
		}
		t.clients[tenant] = client
	}
	return t, nil
}

// Enter returns a context and a desk for one request of the tenant. Both use
// the tenant's client.
func (t *Tenants) Enter(ctx context.Context, tenant string) (context.Context, *Desk, error) {
	client, ok := t.clients[tenant]
	if !ok {
		return nil, nil, fmt.Errorf("tenant %q does not exist", tenant)
	}
	return cachecore.WithInvalidator(ctx, client), NewDesk(t.db, t.url, client.HTTPClient()), nil
}

// Close closes the clients of all tenants.
func (t *Tenants) Close(ctx context.Context) error {
	var errs []error
	for _, client := range t.clients {
		errs = append(errs, client.Close(ctx))
	}
	return errors.Join(errs...)
}
