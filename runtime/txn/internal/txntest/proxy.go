package txntest

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands between a client and a PostgreSQL server. After the client has
// sent a word, it waits for the server's answer and closes the connection in
// place of passing it on.
type Proxy struct {
	URL string // of the same database

	server string
	word   []byte
	open   sync.WaitGroup
}

// NewProxy returns a proxy in front of the database with the given URL.
func NewProxy(t *testing.T, database, word string) *Proxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{server: u.Host, word: []byte(word)}
	u.Host = l.Addr().String()
	p.URL = u.String()
	p.open.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		_ = l.Close()
		p.open.Wait()
	})
	return p
}

func (p *Proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server) //nolint:noctx // a loopback address
		if err != nil {
			_ = client.Close()
			continue
		}
		lost := make(chan struct{}) // closed when the answer is to be lost
		p.open.Go(func() {
			p.forward(client, server, lost)
		})
		p.open.Go(func() { answer(server, client, lost) })
	}
}

// forward passes on the bytes of the client, and looks for the word.
func (p *Proxy) forward(client, server net.Conn, lost chan struct{}) {
	defer func() { _ = server.Close() }()
	buffer := make([]byte, 64<<10) // longer than every message of the tests
	for seen := false; ; {
		n, err := client.Read(buffer)
		if !seen && bytes.Contains(buffer[:n], p.word) {
			seen = true
			close(lost)
		}
		if _, failed := server.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// answer passes on the bytes of the server, until the answer is to be lost.
func answer(server, client net.Conn, lost <-chan struct{}) {
	defer func() { _ = client.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		select {
		case <-lost:
			return
		default:
		}
		if _, failed := client.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}
