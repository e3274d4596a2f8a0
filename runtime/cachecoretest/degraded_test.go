package cachecoretest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

// clientOf returns a client of the address that the gateway observes.
func clientOf(t *testing.T, g *Gateway, address string, base http.RoundTripper) *http.Client {
	t.Helper()
	c, err := cachecore.New(address, "token", cachecore.WithBaseTransport(base),
		cachecore.WithLogger(slog.New(slog.DiscardHandler)), cachecore.WithObserver(g.Observer()))
	if err != nil {
		t.Fatal(err)
	}
	return c.HTTPClient()
}

// degrading is a request whose dep is invalid because of the reason.
func degrading(t *testing.T, address, reason string) *http.Request {
	t.Helper()
	return question(t, address, "q", false, cachecore.InvalidDep("doc", errors.New(reason)))
}

// ExactOnly makes a bypass of a request without GetBody, which is no mistake.
func TestExactOnlyIsNotDegraded(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, nil)
	for _, getBody := range []bool{true, false} {
		req := question(t, g.URL(), "q", false, cachecore.NewDep("doc:1"))
		if !getBody {
			req.GetBody = nil
		}
		ask(t, g.Client().HTTPClient(), req.WithContext(cachecore.ExactOnly(req.Context())))
	}
	if got := g.Requests(); len(got) != 2 || got[0].Cache != devgateway.Miss || got[1].Cache != devgateway.Bypass {
		t.Errorf("the gateway saw %+v", got)
	}
	requireFailures(t, tb.finish())
}

const uncached = "cachecoretest: a request was sent uncached although it declares deps: "

func TestDegradedRequestIsSeenByItsGateway(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		send func(t *testing.T, g *Gateway)
	}{
		{"behind a proxy", func(t *testing.T, g *Gateway) {
			t.Helper()
			target, err := url.Parse(g.URL())
			if err != nil {
				t.Fatal(err)
			}
			proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(target))
			defer proxy.Close()
			ask(t, clientOf(t, g, proxy.URL, proxy.Client().Transport), degrading(t, proxy.URL, "behind a proxy"))
		}},
		{"under another name", func(t *testing.T, g *Gateway) {
			t.Helper()
			base := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(g.URL(), "http://"))
			}}
			defer base.CloseIdleConnections()
			ask(t, clientOf(t, g, "http://gateway.example", base), degrading(t, "http://gateway.example", "under another name"))
		}},
		{"meeting a fault", func(t *testing.T, g *Gateway) {
			t.Helper()
			g.Fail(Completions, 1, Fault{Status: 500})
			ask(t, clientOf(t, g, g.URL(), g.server.Client().Transport), degrading(t, g.URL(), "meeting a fault"))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tb, beside := &fakeT{}, &fakeT{}
			g, other := newGateway(tb, nil), newGateway(beside, nil)
			recorder := newRecorder(beside, nil)
			tt.send(t, g)
			if n := len(other.Requests()) + len(recorder.Requests()); n != 0 {
				t.Errorf("%d requests came to the wrong place", n)
			}
			requireFailures(t, beside.finish()) // a test that runs in parallel
			requireFailures(t, tb.finish(), uncached+`dep of kind "doc" has no id: `+tt.name)
		})
	}
}

func TestDegradedRequestIsSeenByTheRecorder(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	var seen http.Header
	r := newRecorder(tb, []RecorderOption{WithUpstream(roundTripper(func(req *http.Request) (*http.Response, error) {
		seen = req.Header
		return &http.Response{StatusCode: http.StatusOK}, nil
	}))})
	ask(t, r.HTTPClient(), degrading(t, "http://llm.test", "by its client"))
	if len(seen) != 1 { // the content type
		t.Errorf("the model sees %v", seen)
	}
	requireFailures(t, tb.finish(), uncached+`dep of kind "doc" has no id: by its client`)
}
