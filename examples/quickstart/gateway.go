package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

// gateway embeds the local gateway. A team's gateway is a separate program:
// "depgen gateway" during development, and the hosted one in production.
type gateway struct {
	url, token string

	engine *devgateway.Gateway
	server *http.Server
	now    atomic.Int64 // in seconds; only advance moves it
}

// startGateway starts a gateway in front of a model that answers from the
// contracts, as a model with file search does.
func startGateway(ctx context.Context, contracts *store) (*gateway, error) {
	g := &gateway{}
	g.now.Store(time.Now().Unix())
	secret := []byte(rand.Text() + rand.Text())
	model := devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
		return contracts.relevant(q.Last()), nil
	})
	var err error
	g.engine, err = devgateway.New(
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
	g.server = &http.Server{Handler: g.engine, ReadHeaderTimeout: 10 * time.Second}
	go g.server.Serve(listener) //nolint:errcheck // it ends with ErrServerClosed
	return g, nil
}

// advance moves the gateway's clock, to make the ages of answers visible.
func (g *gateway) advance(d time.Duration) { g.now.Add(int64(d / time.Second)) }

func (g *gateway) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(g.server.Shutdown(ctx), g.engine.Close(ctx))
}
