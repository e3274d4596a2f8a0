package cachecoretest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/internal/degraded"
)

// marking marks requests, as a client does with those that it sends uncached.
func marking(base http.RoundTripper, reason string) *http.Client {
	return &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		out := req.Clone(req.Context())
		degraded.Mark(out.Header, errors.New(reason))
		return base.RoundTrip(out)
	})}
}

const uncached = "cachecoretest: a request was sent uncached although it declares deps: "

func TestDegradedRequestIsSeenWhereItArrives(t *testing.T) {
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
			ask(t, marking(proxy.Client().Transport, "behind a proxy"), question(t, proxy.URL, "q", false))
		}},
		{"under another name", func(t *testing.T, g *Gateway) {
			t.Helper()
			base := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(g.URL(), "http://"))
			}}
			defer base.CloseIdleConnections()
			ask(t, marking(base, "under another name"), question(t, "http://gateway.example", "q", false))
		}},
		{"meeting a fault", func(t *testing.T, g *Gateway) {
			t.Helper()
			g.Fail(Completions, 1, Fault{Status: 500})
			ask(t, marking(g.server.Client().Transport, "meeting a fault"), question(t, g.URL(), "q", false))
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
			requireFailures(t, tb.finish(), uncached+tt.name)
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
	ask(t, marking(r.Transport(), "by its mark"), question(t, "http://llm.test", "q", false))
	if len(seen) != 1 { // the content type
		t.Errorf("the model sees %v", seen)
	}
	requireFailures(t, tb.finish(), uncached+"by its mark")
}
