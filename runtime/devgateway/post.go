package devgateway

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// checkPost refuses what is no POST of JSON, and what a web page has sent: the
// gateway spends its owner's key, and a browser reaches loopback addresses too.
func (g *Gateway) checkPost(r *http.Request) error {
	if r.Method != http.MethodPost {
		return wrongMethod(http.MethodPost)
	}
	// A page under a name that has been pointed at this address is not
	// cross-origin, so an Origin goes only with an address that is no name.
	if err := g.origins.Check(r); err != nil || r.Header.Get("Origin") != "" && !isAddress(r.Host) {
		return &apiError{
			status: http.StatusForbidden, code: "cross_origin",
			message: "requests of web pages are refused: call the gateway from a server or a command",
		}
	}
	if !isMediaType(r.Header.Get("Content-Type"), "application/json") {
		return &apiError{
			status: http.StatusUnsupportedMediaType, code: "wrong_content_type",
			message: "the body has to be JSON: send the header Content-Type: application/json",
		}
	}
	return nil
}

// isAddress reports whether host is an IP address or localhost, with or without a port.
func isAddress(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "localhost"
}

// readBody reads the whole body, of at most limit bytes.
func readBody(x *exchange, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(x.ResponseWriter, x.request.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &apiError{
			status: http.StatusRequestEntityTooLarge, code: "body_too_large",
			message: fmt.Sprintf("the body is longer than %d bytes: send a shorter one", limit),
		}
	case err != nil:
		return nil, badRequestf("unreadable_body", "the body broke off: send it again")
	}
	return body, nil
}
