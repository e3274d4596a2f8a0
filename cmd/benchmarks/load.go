package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
)

// connections is the number of concurrent clients.
const connections = 32

// load sends the same request to one server again and again.
type load struct {
	addr    string       // host:port
	request []byte       // in wire format
	cache   string       // the X-Cache that every answer must have
	p99     stats.Sample // of each run
}

// measure sends n requests over kept-alive connections and measures each. It
// writes and reads them with as little work as possible, so that the time is
// the server's.
func (l *load) measure(n int) stats.Measure {
	return func(ctx context.Context) (time.Duration, error) {
		var left atomic.Int64
		left.Store(int64(n))
		samples := make([]stats.Sample, connections)
		group, ctx := errgroup.WithContext(ctx)
		begun := time.Now()
		for i := range samples {
			group.Go(func() error {
				var err error
				samples[i], err = l.ask(ctx, &left)
				return err
			})
		}
		err := group.Wait()
		whole := time.Since(begun)
		l.p99 = append(l.p99, slices.Concat(samples...).Quantile(0.99))
		return whole, err
	}
}

// ask sends requests over one connection until all have been sent.
func (l *load) ask(ctx context.Context, left *atomic.Int64) (stats.Sample, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // ends the exchange in progress
	answers := bufio.NewReader(conn)
	var took stats.Sample
	for left.Add(-1) >= 0 {
		begun := time.Now()
		if _, err := conn.Write(l.request); err != nil {
			return nil, fmt.Errorf("send a request: %w", err)
		}
		if err := l.read(answers); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
	}
	return took, nil
}

func (l *load) read(answers *bufio.Reader) error {
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return fmt.Errorf("read an answer: %w", err)
	}
	switch cache := answer.Header.Get("X-Cache"); {
	case answer.StatusCode != http.StatusOK:
		return errors.New("answer " + answer.Status)
	case cache != l.cache:
		return fmt.Errorf("X-Cache %q, want %q", cache, l.cache)
	}
	return nil
}
