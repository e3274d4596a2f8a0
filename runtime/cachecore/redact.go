package cachecore

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// An answer may echo the token, in any encoding. So no byte of it reaches an
// error or a log, except for the text that [Client.message] limits.

// printable returns err, an error of a base transport or of a body from it, if
// its text cannot quote an answer. Otherwise it returns an error whose only
// text is the type of err, and which matches every target that err matches.
// net/http quotes an answer that it cannot parse.
func (c *Client) printable(err error) error {
	if err == nil || quotesNothing(err) && c.redact(err.Error()) == err.Error() {
		return err
	}
	withheld := err // err itself would be allocated for each call, also with nil
	return &opaqueError{fmt.Sprintf("request failed with a %T; its text is withheld because it may quote the answer, use errors.As", innermost(err)), &withheld}
}

var knownErrors = []error{
	context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, http.ErrBodyReadAfterClose,
}

// knownTexts contains the beginnings of net/http errors that have neither a
// type nor a name. Their texts describe the request or the connection.
var knownTexts = []string{
	"http: ContentLength=",
	"http: no Host in request URL",
	"http: read on closed response body",
	"http: server closed idle connection",
	"net/http: invalid header field",
	"net/http: invalid method",
	"unsupported protocol scheme",
}

// printableIn works like printable for an error of a request with the given
// context. The error may be the caller's own reason to end the context.
func (c *Client) printableIn(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) {
		return err
	}
	return c.printable(err)
}

// quotesNothing reports whether the text of err comes from this side of the
// connection, or from its set-up, before the token is sent.
func quotesNothing(err error) bool {
	for u := (*url.Error)(nil); errors.As(err, &u); {
		err = u.Err // whose text counts: a url.Error is a net.Error itself
	}
	for _, known := range knownErrors {
		if errors.Is(err, known) {
			return true
		}
	}
	for _, known := range knownTexts {
		if strings.HasPrefix(err.Error(), known) {
			return true
		}
	}
	var (
		network   net.Error
		record    tls.RecordHeaderError
		untrusted *tls.CertificateVerificationError
	)
	return errors.As(err, &network) || errors.As(err, &record) || errors.As(err, &untrusted)
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// opaqueError is an error that is not printed. It does not implement Unwrap,
// because loggers print every error of a chain.
type opaqueError struct {
	text  string
	cause *error // a pointer shows as an address
}

func (e *opaqueError) Error() string { return e.text }

// Is implements the interface of [errors.Is].
func (e *opaqueError) Is(target error) bool { return errors.Is(*e.cause, target) }

// As implements the interface of [errors.As].
func (e *opaqueError) As(target any) bool { return errors.As(*e.cause, target) }

// message returns the error message of an answer in OpenAI's format, on one
// line, shortened and with the token's verbatim text removed. It returns an
// empty string for an answer in another format.
func (c *Client) message(answer []byte) string {
	var shape struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &shape) != nil {
		return ""
	}
	return oneLine(c.redact(shape.Error.Message))
}

// redact removes the token from a text.
func (c *Client) redact(text string) string {
	text = strings.ReplaceAll(text, c.token.reveal(), "[token]")
	return strings.ReplaceAll(text, c.transport.jwt.reveal(), "[token]")
}
