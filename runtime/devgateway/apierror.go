package devgateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// codeRedirect is the error code for an upstream that answers with a redirect.
const codeRedirect = "upstream_redirect"

// apiError is an answer of the gateway itself, sent instead of an upstream's.
type apiError struct {
	status  int
	code    string // for programs, such as "invalid_token"
	message string // for people; the fix comes last

	allow      string        // the methods that a 405 lists
	retryAfter time.Duration // sent with a 429 or 503
	cause      error         // for the log only
}

func (e *apiError) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %v", e.code, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.code, e.message)
}

func (e *apiError) Unwrap() error { return e.cause }

func badRequestf(code, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

// write sends the error in the shape that OpenAI's SDKs read.
func (e *apiError) write(w http.ResponseWriter) {
	kind := "invalid_request_error"
	switch {
	case e.status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case e.status >= http.StatusInternalServerError:
		kind = "api_error"
	}
	body, err := encodeJSON(map[string]any{"error": map[string]any{
		"message": e.message, "type": kind, "code": e.code, "param": nil,
	}})
	if err != nil { // cannot happen: all fields are strings
		http.Error(w, e.message, e.status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if e.allow != "" {
		h.Set("Allow", e.allow)
	}
	if e.retryAfter > 0 {
		wire.SetRetryAfter(h, e.retryAfter)
	}
	if e.permanent() {
		h.Set("X-Should-Retry", "false") // some SDKs would otherwise repeat a 401 and a 409
	}
	w.WriteHeader(e.status)
	w.Write(body) //nolint:errcheck // the client has left
}

// permanent reports whether the same request would get the same answer again.
func (e *apiError) permanent() bool {
	switch {
	case e.code == codeRedirect:
		return true
	case e.status == http.StatusTooManyRequests, e.status == http.StatusRequestTimeout:
		return false
	}
	return e.status < http.StatusInternalServerError
}

// encodeJSON encodes v as JSON. It does not escape <, > and &, because people
// read the output.
func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
