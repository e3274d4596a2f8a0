package devgateway

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// statusClientLeft stands in the log and in records for an answer that nobody
// was there to take.
const statusClientLeft = 499

var errClientLeft = errors.New("the client has left")

// A client gets its answer in pieces of at most maxWrite bytes, and has
// clientTimeout to take each: identical requests may be waiting for it.
const (
	maxWrite      = 32 << 10
	clientTimeout = 30 * time.Second
)

// maxLogged is how many dep ids a log line names.
const maxLogged = 20

// exchange is one request, its answer, and what is told of them.
type exchange struct {
	http.ResponseWriter
	request  *http.Request
	begun    time.Time
	observer Observer

	code       int  // 0 until the answer's header is sent
	completion bool // whether this is a completion request
	seen       Completion
	extra      []slog.Attr
}

// WriteHeader tells the observer first, so that its record is ahead of the
// client.
func (x *exchange) WriteHeader(code int) {
	if x.code == 0 {
		x.setCode(code)
	}
	x.ResponseWriter.WriteHeader(code)
}

func (x *exchange) setCode(code int) {
	x.code = code
	x.seen.Code = code
	if x.completion {
		x.observer.completion(x.seen)
	}
}

func (x *exchange) Write(p []byte) (int, error) {
	if x.code == 0 {
		x.WriteHeader(http.StatusOK)
	}
	written := 0
	for piece := range slices.Chunk(p, maxWrite) {
		x.extendDeadline()
		n, err := x.ResponseWriter.Write(piece)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// flush sends what has been written. A writer that cannot do it sends it later.
func (x *exchange) flush() error {
	x.extendDeadline()
	err := http.NewResponseController(x.ResponseWriter).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// extendDeadline takes the place of the server's WriteTimeout, which is for the
// whole answer and may be none. The clock is the connection's, not the
// gateway's.
func (x *exchange) extendDeadline() {
	// A writer that knows no deadline is left to its own.
	_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(time.Now().Add(clientTimeout))
}

// left reports whether the client has gone.
func (x *exchange) left() bool { return x.request.Context().Err() != nil }

// status says where the answer comes from, in its header and in the records.
func (x *exchange) status(s Status, age time.Duration) {
	x.seen.Cache, x.seen.Age = s, age.Truncate(time.Second)
	setStatus(x.Header(), s, age)
}

func (x *exchange) writeJSON(v any) error {
	body, err := encodeJSON(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	x.writeWhole("application/json", body)
	return nil
}

// writeWhole sends an answer of known length.
func (x *exchange) writeWhole(contentType string, body []byte) {
	x.Header().Set("Content-Type", contentType)
	x.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.Write(body) //nolint:errcheck // the client has left
}

// refuse answers with an error. net/http reads on before it sends that, in case
// the body is still on its way: only for so long that the answer is not lost.
func (x *exchange) refuse(e *apiError) {
	if e.status != http.StatusRequestTimeout { // that client has had its time
		x.setReadDeadline(time.Now().Add(refusalTimeout))
	}
	e.write(x)
}

// finish makes up for the header that a client did not wait for.
func (x *exchange) finish() {
	if x.code == 0 {
		x.setCode(statusClientLeft)
	}
}

// log writes the request's line. The body, the query and all headers stay out.
func (x *exchange) log(l *slog.Logger, now time.Time, err error) {
	attrs := []slog.Attr{
		slog.String("method", x.request.Method),
		slog.String("path", x.request.URL.Path),
		slog.Int("code", x.code),
		slog.Duration("duration", now.Sub(x.begun)),
	}
	if x.seen.Cache != "" {
		attrs = append(attrs, slog.String("cache", string(x.seen.Cache)), slog.Duration("age", x.seen.Age))
	}
	if x.seen.Namespace != "" {
		attrs = append(attrs, slog.String("namespace", x.seen.Namespace[:8]))
	}
	if n := len(x.seen.Deps); n > 0 {
		attrs = append(attrs, slog.Int("deps", n), slog.Any("dep_ids", firstIDs(x.seen.Deps)))
	}
	attrs = append(attrs, x.extra...)
	level := slog.LevelInfo
	if x.seen.Uncached != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("uncached", x.seen.Uncached.Error()))
	}
	if err != nil && !errors.Is(err, errClientLeft) {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if x.code >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	l.LogAttrs(x.request.Context(), level, "request", attrs...)
}

func firstIDs(deps []Dep) []string {
	ids := make([]string, 0, maxLogged)
	for _, d := range deps[:min(len(deps), maxLogged)] {
		ids = append(ids, d.ID)
	}
	return ids
}

func hexOf(d digest) string { return hex.EncodeToString(d[:]) }
