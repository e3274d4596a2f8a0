package devgateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// shutdownGrace bounds the time for answers in progress after Serve's context
// has ended.
const shutdownGrace = 5 * time.Second

// Serve answers the requests of the listener until ctx is done. It then closes
// the listener and the gateway, and waits up to 5 seconds for answers in
// progress. It cuts off answers that take longer, logs a warning, and returns
// nil. If the listener fails, Serve returns its error and leaves the gateway
// open. Serve of a gateway that is closed returns an error at once.
func (g *Gateway) Serve(ctx context.Context, l net.Listener) error {
	if l == nil {
		return errors.New("devgateway: Serve: the listener is nil")
	}
	if g.stopped.Err() != nil {
		return fmt.Errorf("devgateway: Serve: the gateway is closed; make another with New: %w", http.ErrServerClosed)
	}
	server := &http.Server{
		Handler:           g,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(g.logger.Handler(), slog.LevelWarn),
	}
	defer server.Close()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	g.logger.Info("shutting down")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	g.endPage()
	if err := errors.Join(server.Shutdown(grace), g.Close(grace)); err != nil {
		g.logger.Warn("answers were cut off", "error", err)
	}
	server.Close()                                             // ends the answers that were cut off
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) { // the listener failed meanwhile
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
