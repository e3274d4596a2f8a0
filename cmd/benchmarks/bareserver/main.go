// Command bareserver answers every request with the HTTP response that it reads
// from standard input, using only net/http. It prints its URL, and serves until
// it is killed.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bareserver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	answer, err := http.ReadResponse(bufio.NewReader(stdin), nil)
	if err != nil {
		return fmt.Errorf("read the answer to give: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("read the answer to give: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(stdout, "bareserver: http://%s\n", listener.Addr())
	server := &http.Server{Handler: always(answer.Header, body), ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// always answers with the same header and body.
func always(header http.Header, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		_, _ = w.Write(body) // the client notices
	})
}
