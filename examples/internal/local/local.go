// Package local starts the local gateway inside an example's own
// process. A team runs "depgen gateway" during development, and the
// hosted one in production.
package local

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

// Gateway is a local gateway on loopback, and a client of it.
type Gateway struct {
	URL    string
	Client *cachecore.Client

	engine *devgateway.Gateway
	server *httptest.Server
}

// Start starts a gateway in front of the model.
func Start(model http.RoundTripper) (*Gateway, error) {
	secret := []byte(rand.Text() + rand.Text())
	engine, err := devgateway.New(devgateway.WithSecret(secret), devgateway.WithUpstream(model))
	if err != nil {
		return nil, err
	}
	token, err := devgateway.Mint(secret, devgateway.Claims{Tenant: "example"})
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(engine)
	client, err := cachecore.New(server.URL, token)
	if err != nil {
		server.Close()
		return nil, err
	}
	return &Gateway{URL: server.URL, Client: client, engine: engine, server: server}, nil
}

// Close closes the client, which finishes its pending work, and then
// the gateway.
func (g *Gateway) Close() error {
	err := g.Client.Close(context.Background())
	g.server.Close()
	return errors.Join(err, g.engine.Close(context.Background()))
}
