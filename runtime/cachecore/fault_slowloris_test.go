package cachecore_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// drip is a gateway that sends ten bytes of text a second, and its last byte
// for ever.
type drip string

func (d drip) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if !readRequest(conn) {
		return
	}
	for i := 0; ; i++ {
		if _, err := io.WriteString(conn, string(d[min(i, len(d)-1)])); err != nil {
			return // the client has given up
		}
		<-time.After(100 * time.Millisecond)
	}
}

// atOnce is a gateway that sends its text as fast as any.
type atOnce string

func (a atOnce) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if readRequest(conn) {
		_, _ = io.WriteString(conn, string(a))
	}
}

func readRequest(conn net.Conn) bool {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, err = io.Copy(io.Discard, req.Body)
	}
	return err == nil
}

// A gateway that is always just about to go on does not hold an attempt for
// longer than the attempt's timeout, wherever in its answer it is.
func TestInvalidate_SlowLorisGateway(t *testing.T) {
	t.Parallel()
	type server interface{ serve(net.Conn) }
	const success = atOnce("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + receiptOK)
	tests := []struct {
		name     string
		servers  []server // by connection, the last for all further ones
		attempts int
		took     time.Duration // but for the pauses between attempts, of less than 1 s
		err      error
	}{
		{"status line", []server{drip("H")}, 3, 30 * time.Second, context.DeadlineExceeded},
		{"header", []server{drip("HTTP/1.1 200 OK\r\nX-Pad: x")}, 3, 30 * time.Second, context.DeadlineExceeded},
		{"one header after another", []server{drip("HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 100))}, 3, 30 * time.Second, context.DeadlineExceeded},
		{"body", []server{drip("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + receiptOK + " ")}, 3, 30 * time.Second, context.DeadlineExceeded},
		{"chunked body", []server{drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\n \r\n", 100))}, 3, 30 * time.Second, context.DeadlineExceeded},
		{"only once", []server{drip("H"), success}, 2, 10 * time.Second, nil},
		{"twice", []server{drip("H"), drip("HTTP/1.1 200 OK\r\n"), success}, 3, 20 * time.Second, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var connections atomic.Int64
				var serving sync.WaitGroup
				base := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					client, server := net.Pipe()
					n := int(connections.Add(1))
					serving.Go(func() { tt.servers[min(n, len(tt.servers))-1].serve(server) })
					return client, nil
				}}
				c := inMemory(t, base.RoundTrip)
				begin := time.Now()
				r := c.InvalidateMany(t.Context(), cachecore.NewDep("doc:1"))[0]
				if took := time.Since(begin); took < tt.took || took > tt.took+time.Second {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if !errors.Is(r.Err, tt.err) || r.Attempts != tt.attempts {
					t.Errorf("%d attempts, error %v; want %d, %v", r.Attempts, r.Err, tt.attempts, tt.err)
				}
				serving.Wait() // no connection is left open
			})
		})
	}
}
