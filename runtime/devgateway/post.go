package devgateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"
)

// checkPost refuses requests that are not a POST of JSON, and requests from web
// pages. The gateway spends its owner's key, and a browser can reach loopback
// addresses too.
func (g *Gateway) checkPost(r *http.Request) error {
	if r.Method != http.MethodPost {
		return wrongMethod(http.MethodPost)
	}
	// A page whose host name resolves to this address is not cross-origin, so a
	// request with an Origin must use an IP address or localhost as its host.
	if err := g.origins.Check(r); err != nil || r.Header.Get("Origin") != "" && !isAddress(r.Host) {
		return &apiError{
			status: http.StatusForbidden, code: "cross_origin",
			message: "requests of web pages are refused; call the gateway from a server or a command",
		}
	}
	if !isMediaType(r.Header.Get("Content-Type"), "application/json") {
		return &apiError{
			status: http.StatusUnsupportedMediaType, code: "wrong_content_type",
			message: "the body has to be JSON; send the header Content-Type: application/json",
		}
	}
	return nil
}

// isAddress reports whether host is an IP address or localhost, with or without
// a port.
func isAddress(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "localhost"
}

// bodyTimeout is the time that a client has for its whole body. It has
// clientTimeout for each piece. Both are limited because other requests may be
// waiting for the memory.
const bodyTimeout = 2 * time.Minute

// refusalTimeout is the time that a refused client has for the rest of its
// body.
const refusalTimeout = 5 * time.Second

// limitBody sets the deadline for the client's body before the first read.
func (x *exchange) limitBody() {
	if x.request.Body != nil && x.request.Body != http.NoBody {
		x.setReadDeadline(time.Now().Add(clientTimeout))
	}
}

// setReadDeadline sets the connection's read deadline, by the connection's
// clock.
func (x *exchange) setReadDeadline(at time.Time) {
	// A writer without deadlines keeps its own behavior.
	_ = x.conn.SetReadDeadline(at)
}

// pacedBody is a body that extends the read deadline for each piece.
type pacedBody struct {
	io.ReadCloser
	x    *exchange
	last time.Time
}

// newBody returns the request's body, limited to limit bytes.
func newBody(x *exchange, limit int64) (io.Reader, *pacedBody) {
	paced := &pacedBody{x.request.Body, x, time.Now().Add(bodyTimeout)}
	return http.MaxBytesReader(x.ResponseWriter, paced, limit), paced
}

// Read implements [io.Reader].
func (b *pacedBody) Read(p []byte) (int, error) {
	next := time.Now().Add(clientTimeout)
	if next.After(b.last) {
		next = b.last
	}
	b.x.setReadDeadline(next)
	return b.ReadCloser.Read(p)
}

// readBody reads the whole body, of at most limit bytes.
func readBody(x *exchange, limit int64) ([]byte, error) {
	r, _ := newBody(x, limit)
	body, err := readSized(r, min(x.request.ContentLength, limit))
	return body, bodyRead(x, limit, err)
}

// bodyRead returns the error to answer if reading the body failed with err. If
// err is nil, it removes the read deadline.
func bodyRead(x *exchange, limit int64, err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &apiError{
			status: http.StatusRequestEntityTooLarge, code: "body_too_large",
			message: fmt.Sprintf("the body is longer than %d bytes; send a shorter one", limit),
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &apiError{
			status: http.StatusRequestTimeout, code: "body_timeout",
			message: fmt.Sprintf("the body did not arrive; send each piece within %v, and all of it within %v", clientTimeout, bodyTimeout),
		}
	case err != nil:
		return badRequestf("unreadable_body", "the body broke off; send it again")
	}
	x.setReadDeadline(time.Time{}) // otherwise the server would treat the client as gone
	return nil
}

// readSized reads r to its end. It allocates memory for size bytes first if
// size is positive.
func readSized(r io.Reader, size int64) ([]byte, error) {
	var buf bytes.Buffer
	if size > 0 {
		buf.Grow(int(size) + bytes.MinRead) // the read that meets the end needs room too
	}
	_, err := buf.ReadFrom(r)
	return buf.Bytes(), err
}

// freeBody is the number of bytes of a body that need no share of the memory
// for all bodies. It keeps long bodies from delaying the others.
const freeBody = 64 << 10

// readShared is like readBody, but takes its memory from the share that the
// gateway has for all bodies. The caller calls done when it no longer needs the
// body.
func (g *Gateway) readShared(x *exchange) (body []byte, done func(), err error) {
	r, paced := newBody(x, g.bodyLimit)
	head, err := readSized(io.LimitReader(r, freeBody), min(x.request.ContentLength, freeBody))
	if err != nil || len(head) < freeBody {
		return head, func() {}, bodyRead(x, g.bodyLimit, err)
	}
	reserved := g.bodyLimit
	if n := x.request.ContentLength; n >= 0 {
		reserved = min(n, g.bodyLimit)
	}
	ctx, cancel := g.bound(x.request.Context())
	defer cancel()
	if err := g.bodies.take(ctx, reserved); err != nil {
		return nil, nil, x.orLeft(&apiError{
			status: http.StatusServiceUnavailable, code: "overloaded", retryAfter: time.Second, cause: err,
			message: "the gateway has no memory left for another body; send fewer long ones at once",
		})
	}
	paced.last = time.Now().Add(bodyTimeout) // the client did not cause the wait
	body, err = readSized(io.MultiReader(bytes.NewReader(head), r), reserved)
	if err := bodyRead(x, g.bodyLimit, err); err != nil {
		g.bodies.giveBack(reserved)
		return nil, nil, err
	}
	g.bodies.giveBack(reserved - int64(len(body)))
	return body, func() { g.bodies.giveBack(int64(len(body))) }, nil
}
