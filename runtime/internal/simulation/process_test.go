package simulation

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// process is a program that asks and writes, and may crash.
type process struct {
	*simulation

	mu   sync.Mutex
	life *life
}

// life is the state of a process from its start to its end.
type life struct {
	ctx    context.Context
	end    context.CancelFunc
	client *cachecore.Client
}

func newProcess(s *simulation) *process {
	p := &process{simulation: s}
	p.life = p.start()
	return p
}

func (p *process) start() *life {
	opts := append([]cachecore.Option{
		cachecore.WithBaseTransport(p.network),
		cachecore.WithLogger(slog.New(slog.DiscardHandler)),
	}, p.strategy.options...)
	client, err := cachecore.New(gatewayURL, token(p.tb), opts...)
	if err != nil {
		p.tb.Error(err)
	}
	l := &life{client: client}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// now returns the current life of the process.
func (p *process) now() *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life
}

// crash ends all work of the process and starts it again.
func (p *process) crash() {
	p.mu.Lock()
	old := p.life
	p.life = p.start()
	p.mu.Unlock()
	old.end()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = old.client.Close(ctx) // the context's error: something was under way
}

// stop shuts the process down in order.
func (p *process) stop(tb testing.TB) {
	tb.Helper()
	l := p.now()
	if err := l.client.Close(context.Background()); err != nil {
		tb.Error(err)
	}
	l.end()
}
