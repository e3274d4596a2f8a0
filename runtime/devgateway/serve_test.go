package devgateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// watchedListener tells when it is closed.
type watchedListener struct {
	net.Listener
	once   sync.Once
	closed chan struct{}
}

func (l *watchedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// serveOnce lets the gateway answer a request without a connection.
func serveOnce(t *testing.T, g *devgateway.Gateway) int {
	t.Helper()
	w := httptest.NewRecorder()
	g.ServeHTTP(w, newRequest(t.Context(), completions, question("hello")))
	return w.Code
}

// An answer in progress is completed; then the listener and the gateway are
// closed.
func TestServeEndsGracefully(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	l := &watchedListener{Listener: listen(t), closed: make(chan struct{})}
	next := counting()
	g := newGateway(t, newClock(), devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
		stop()
		<-l.closed
		return next(r)
	})))
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx, l) }()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(newRequest(t.Context(), "http://"+l.Addr().String()+completions, question("hello")))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("got %s", resp.Status)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String()); err == nil {
		conn.Close()
		t.Error("the listener is still open")
	}
	if code := serveOnce(t, g); code != http.StatusServiceUnavailable {
		t.Errorf("the gateway answers with %d after Serve", code)
	}
}

// An answer that takes longer than the grace period is cut off.
func TestServeCutsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log testlog.Buffer
		called := make(chan struct{})
		g, err := devgateway.New(
			devgateway.WithSecret([]byte(secret)),
			devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
			devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
				close(called)
				<-r.Context().Done()
				return nil, r.Context().Err()
			})),
		)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		l := newPipes()
		served := make(chan error, 1)
		go func() { served <- g.Serve(ctx, l) }()
		conn := l.dial()
		defer conn.Close()
		body := question("hello")
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", completions, len(body), body)
		<-called
		stop()
		begun := time.Now()
		go func() { _, _ = http.ReadResponse(bufio.NewReader(conn), nil) }()
		if err := <-served; err != nil {
			t.Errorf("Serve returned %v", err)
		}
		if waited := time.Since(begun); waited != 5*time.Second {
			t.Errorf("Serve waited for %v, want 5s", waited)
		}
		synctest.Wait()
		if !strings.Contains(log.String(), `level=WARN msg="answers were cut off"`) {
			t.Errorf("the log does not warn: %s", log.String())
		}
	})
}

func TestServeReturnsTheErrorOfTheListener(t *testing.T) {
	t.Parallel()
	g := newGateway(t, newClock())
	l := listen(t)
	l.Close()
	if err := g.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve returned %v, want %v", err, net.ErrClosed)
	}
	if code := serveOnce(t, g); code != http.StatusOK {
		t.Errorf("the gateway answers with %d", code)
	}
}

func TestServeNeedsAnOpenGatewayAndAListener(t *testing.T) {
	t.Parallel()
	g := newGateway(t, newClock())
	if err := g.Serve(t.Context(), nil); err == nil {
		t.Error("Serve without a listener returned no error")
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	defer l.Close()
	if err := g.Serve(t.Context(), l); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve of a closed gateway returned %v", err)
	}
}
