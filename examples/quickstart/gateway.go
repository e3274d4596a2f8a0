package main

import (
	"context"
	"crypto/rand"
	"net"

	"github.com/depgen/depgen/runtime/devgateway"
)

// gateway embeds the local gateway. A team's gateway is a separate program:
// "depgen gateway" during development, and the hosted one in production.
type gateway struct {
	url, token string

	stop   context.CancelFunc
	served chan error
}

// startGateway starts a gateway in front of a model that answers from the
// contracts, as a model with file search does.
func startGateway(ctx context.Context, contracts *store) (*gateway, error) {
	secret := []byte(rand.Text() + rand.Text())
	engine, err := devgateway.New(devgateway.WithSecret(secret),
		devgateway.WithUpstream(devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
			return contracts.relevant(q.Last()), nil
		})))
	if err != nil {
		return nil, err
	}
	g := &gateway{served: make(chan error, 1)}
	if g.token, err = devgateway.Mint(secret, devgateway.Claims{Tenant: "quickstart"}); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g.url = "http://" + listener.Addr().String()
	ctx, g.stop = context.WithCancel(ctx)
	go func() { g.served <- engine.Serve(ctx, listener) }()
	return g, nil
}

func (g *gateway) close() error {
	g.stop()
	return <-g.served
}
