package simulation

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

const secret = "a secret of at least 32 bytes ..."

// gateway is the local gateway's engine. It can die and start again.
type gateway struct {
	tb  testing.TB
	llm llm

	mu     sync.Mutex
	engine *engine
}

// engine is one life of the gateway.
type engine struct {
	*devgateway.Gateway

	died chan struct{}
}

func newGateway(tb testing.TB, l llm) *gateway {
	tb.Helper()
	g := &gateway{tb: tb, llm: l}
	g.engine = g.start()
	return g
}

func (g *gateway) start() *engine {
	e, err := devgateway.New(devgateway.WithSecret([]byte(secret)), devgateway.WithUpstream(g.llm))
	if err != nil {
		g.tb.Error(err)
	}
	return &engine{e, make(chan struct{})}
}

// restart ends all work in progress and starts an engine with an empty cache.
func (g *gateway) restart() {
	g.mu.Lock()
	old := g.engine
	g.engine = g.start()
	g.mu.Unlock()
	close(old.died)
	old.stop()
}

// stop ends the engine without waiting.
func (e *engine) stop() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = e.Close(ctx) // the context's error: something was under way
}

// serve returns the answer, or nil if the gateway died before answering.
func (g *gateway) serve(req *http.Request) *http.Response {
	g.mu.Lock()
	e := g.engine
	g.mu.Unlock()
	answer := httptest.NewRecorder()
	e.ServeHTTP(answer, req)
	select {
	case <-e.died:
		return nil
	default:
		return answer.Result()
	}
}

// tokens counts the tokens of all simulations, so that each token is unique.
var tokens atomic.Int64

// token returns a new token that the gateway accepts. Clients with the same
// token know each other's requests, but processes do not, so each needs its
// own. The token serves answers for longer than a run takes, so that old
// answers do not expire before its end.
func token(tb testing.TB) string {
	tb.Helper()
	t, err := devgateway.Mint([]byte(secret), devgateway.Claims{
		Tenant:   "acme",
		FreshTTL: 365 * 24 * time.Hour,
		Expires:  time.Date(2100, 1, 1, 0, 0, int(tokens.Add(1)), 0, time.UTC),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// headerVersion is a header that carries the version that a question is asked
// of. The version cannot be in the body, which has to be the same for all
// questions about a document. The gateway forwards this header.
const headerVersion = "Tracestate"

// llm answers any question with the version that it is asked of, after some
// seconds or at once. Without a version it sends an error, which the gateway
// does not cache.
type llm struct {
	*dice

	atOnce bool
}

// RoundTrip implements [http.RoundTripper].
func (l llm) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get(headerVersion) == "" {
		return response(http.StatusNotFound, `{"error":{"message":"no such document"}}`), nil
	}
	if !l.atOnce && !pause(req.Context(), l.between(1*time.Second, 10*time.Second)) {
		return nil, req.Context().Err()
	}
	return response(http.StatusOK, fmt.Sprintf(`{"choices":[{}],"version":%s}`, req.Header.Get(headerVersion))), nil
}

func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}
