package cachecore

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ErrNoInvalidator is returned by [Invalidate], and so by generated functions,
// when neither the context nor [SetDefault] sets an invalidator.
var ErrNoInvalidator = errors.New("cachecore: no invalidator; call cachecore.SetDefault at start-up, or put one into the context with cachecore.WithInvalidator")

// ErrClosed is returned for invalidations by a [Client] that is closed.
var ErrClosed = errors.New("the client is closed")

// Error reports an answer of the gateway other than success.
type Error struct {
	StatusCode int    // the HTTP status
	Message    string // the answer's error.message, on one line, shortened, the token's verbatim text removed
}

func (e *Error) Error() string {
	text := "gateway answered " + strconv.Itoa(e.StatusCode)
	if name := http.StatusText(e.StatusCode); name != "" {
		text += " " + name
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// AuthError reports a 401 or 403: the token is missing, forged, expired or not
// allowed to do this. Its chain contains the [Error].
type AuthError struct{ Err *Error }

func (e *AuthError) Error() string { return e.Err.Error() + " (check the token and its expiry)" }

// Unwrap returns the answer.
func (e *AuthError) Unwrap() error { return e.Err }

// RateLimitError reports a 429. Its chain contains the [Error].
type RateLimitError struct {
	RetryAfter time.Duration // the wait that the gateway asks for; 0 if it gave no time
	Err        *Error
}

func (e *RateLimitError) Error() string {
	if e.RetryAfter == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s (retry after %s)", e.Err, e.RetryAfter)
}

// Unwrap returns the answer.
func (e *RateLimitError) Unwrap() error { return e.Err }

// InvalidateError reports one dep that was not invalidated, or was still in
// progress when the caller's context ended.
type InvalidateError struct {
	Dep      Dep
	Attempts int // requests sent
	Err      error
}

func (e *InvalidateError) Error() string {
	if e.Attempts > 1 {
		return fmt.Sprintf("cachecore: invalidate %s: %v (after %d attempts)", quote(e.Dep.id), e.Err, e.Attempts)
	}
	return fmt.Sprintf("cachecore: invalidate %s: %v", quote(e.Dep.id), e.Err)
}

// Unwrap returns the cause.
func (e *InvalidateError) Unwrap() error { return e.Err }

// newError returns the error for an answer other than success.
func newError(status int, message string, retryAfter time.Duration) error {
	err := &Error{StatusCode: status, Message: message}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return &AuthError{Err: err}
	case http.StatusTooManyRequests:
		return &RateLimitError{RetryAfter: retryAfter, Err: err}
	}
	return err
}

// maxMessage limits the text of an answer that goes into an error, in bytes.
const maxMessage = 300

// oneLine makes untrusted text fit for an error: one short, printable line.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool {
		return r == ' ' || !unicode.IsPrint(r)
	}), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
