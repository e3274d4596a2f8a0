package devgateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// problem is an answer that the gateway gives instead of an upstream's.
type problem struct {
	status  int
	code    string // for programs, as "invalid_token"
	message string // for people: what to do comes last

	allow      string        // the methods that a 405 names
	retryAfter time.Duration // of a 429
	cause      error         // for the log only
}

func (p *problem) Error() string {
	if p.cause != nil {
		return fmt.Sprintf("%s: %v", p.code, p.cause)
	}
	return fmt.Sprintf("%s: %s", p.code, p.message)
}

func (p *problem) Unwrap() error { return p.cause }

func badRequest(code, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

// write sends the problem in the shape that OpenAI's SDKs read.
func (p *problem) write(w http.ResponseWriter) {
	kind := "invalid_request_error"
	switch {
	case p.status == http.StatusTooManyRequests:
		kind = "rate_limit_error"
	case p.status >= http.StatusInternalServerError:
		kind = "api_error"
	}
	body, err := json.Marshal(map[string]any{"error": map[string]any{
		"message": p.message, "type": kind, "code": p.code, "param": nil,
	}})
	if err != nil { // cannot happen: all of it is strings
		http.Error(w, p.message, p.status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((p.retryAfter+time.Second-1)/time.Second), 10))
	}
	if p.permanent() {
		h.Set("X-Should-Retry", "false") // else some SDKs repeat a 401 and a 409
	}
	w.WriteHeader(p.status)
	w.Write(body) //nolint:errcheck // the client has left
}

func (p *problem) permanent() bool {
	return p.status < http.StatusInternalServerError && p.status != http.StatusTooManyRequests
}
