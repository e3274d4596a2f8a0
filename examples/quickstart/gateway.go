package main

import (
	"context"
	"crypto/rand"
	"net"
	"sync/atomic"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// gateway embeds the local gateway. A team's gateway is a separate program:
// "depgen gateway" during development, and the hosted one in production.
type gateway struct {
	url, token string

	stop   context.CancelFunc
	served chan error
	now    atomic.Int64 // in seconds; only advance moves it
}

// startGateway starts a gateway in front of a model that answers from the
// contracts, as a model with file search does.
func startGateway(ctx context.Context, contracts *store) (*gateway, error) {
	g := &gateway{served: make(chan error, 1)}
	g.now.Store(time.Now().Unix())
	secret := []byte(rand.Text() + rand.Text())
	model := devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
		return contracts.relevant(q.Last()), nil
	})
	engine, err := devgateway.New(
		devgateway.WithSecret(secret),
		devgateway.WithUpstream(model),
		devgateway.WithClock(func() time.Time { return time.Unix(g.now.Load(), 0) }),
	)
	if err != nil {
		return nil, err
	}
	if g.token, err = devgateway.Mint(secret, devgateway.Claims{Tenant: "quickstart"}); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g.url = "http://" + listener.Addr().String()
	ctx, g.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() { g.served <- engine.Serve(ctx, listener) }()
	return g, nil
}

// advance moves the gateway's clock, to make the ages of answers visible.
func (g *gateway) advance(d time.Duration) { g.now.Add(int64(d / time.Second)) }

func (g *gateway) close() error {
	g.stop()
	return <-g.served
}
