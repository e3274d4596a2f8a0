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

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/devgateway/internal/page"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// statusClientLeft is the status in the log and in records when the client left
// before its answer.
const statusClientLeft = 499

var errClientLeft = errors.New("the client has left")

// The gateway sends an answer in pieces of at most maxWrite bytes. A client has
// clientTimeout to take each piece, because identical requests may be waiting
// for the answer.
const (
	maxWrite      = 32 << 10
	clientTimeout = 30 * time.Second
)

// maxLogged is the maximum number of dep ids in a log line.
const maxLogged = 20

// exchange is one request with its answer, and the record of both for the log
// and the observer.
type exchange struct {
	http.ResponseWriter
	request   *http.Request
	conn      http.ResponseController
	begun     time.Time
	patience  time.Duration // the time that the client has for each piece
	observers observers     // of completions

	code      int // 0 until the answer's header is sent
	seen      Completion
	deps      []wire.Dep    // as in seen
	namespace *cache.Digest // as in seen; nil for a bypass
	extra     []slog.Attr

	unembedded error // the reason why a similar question was not looked for
	compared   bool  // whether a similar question was looked for, or that failed
	crossing   crossing
	entryDeps  []wire.Dep // as in seen

	// The source of the answer, for its header.
	headers [4]string
	fresh   time.Duration // the fresh time of the token, for a hit
	waited  bool          // for an identical request
	reason  reason        // of an answer that is not a hit
	stored  bool          // whether the new answer is in the cache

	// For the debug page, nil if there is none.
	page    *page.Page
	number  int // of the request on the page
	label   *cache.Label
	refusal string // the reason why the gateway refused the request
}

func (g *Gateway) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{ResponseWriter: w, request: r, begun: g.now(), conn: *http.NewResponseController(w), patience: clientTimeout}
	switch r.URL.Path {
	case wire.PathCompletions:
		x.observers, x.page = g.observers, g.page
	case wire.PathInvalidate:
		x.page = g.page
	}
	return x
}

// WriteHeader calls the observer first, so that the record exists before the
// client gets its answer.
func (x *exchange) WriteHeader(code int) {
	if x.code == 0 {
		x.setCode(code)
	}
	x.ResponseWriter.WriteHeader(code)
}

func (x *exchange) setCode(code int) {
	x.code = code
	x.seen.Code = code
	if x.seen.Cache != "" {
		var value string
		value, x.seen.Reason = x.statusText()
		x.setHeader(3, headerCacheStatus, value)
	}
	x.show()
	if len(x.observers) == 0 {
		return
	}
	x.seen.Deps = depsIn(x.deps)
	if x.namespace != nil {
		x.seen.Namespace = hex.EncodeToString(x.namespace[:])
	}
	x.observers.completion(x.seen)
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

// flush sends the bytes written so far. A writer that cannot flush sends them
// later.
func (x *exchange) flush() error {
	x.extendDeadline()
	err := x.conn.Flush()
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// extendDeadline replaces the server's WriteTimeout, which covers the whole
// answer and may be unset. It uses the connection's clock, not the gateway's.
func (x *exchange) extendDeadline() {
	// A writer without deadlines keeps its own behavior.
	_ = x.conn.SetWriteDeadline(time.Now().Add(x.patience))
}

// left reports whether the client has gone.
func (x *exchange) left() bool { return x.request.Context().Err() != nil }

// status sets the source of the answer in its header and in the record.
func (x *exchange) status(s Status, similarity float64, age time.Duration) {
	x.seen.Cache, x.seen.Age, x.seen.Similarity = s, age.Truncate(time.Second), similarity
	x.setHeader(0, wire.HeaderStatus, string(s))
	x.setHeader(1, wire.HeaderSimilarity, strconv.FormatFloat(similarity, 'f', 2, 64))
	x.setHeader(2, wire.HeaderAge, strconv.FormatInt(int64(age/time.Second), 10))
}

// setHeader sets a header whose name is canonical. Unlike Header.Set, it
// allocates nothing.
func (x *exchange) setHeader(i int, name, value string) {
	x.headers[i] = value
	x.Header()[name] = x.headers[i : i+1 : i+1]
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

// refuse answers with an error. Before sending it, net/http reads on if part of
// the body has not arrived yet. refuse sets a deadline for that, so that the
// answer is not lost.
func (x *exchange) refuse(e *apiError) {
	if e.status != http.StatusRequestTimeout { // such a client has already used up its time
		x.setReadDeadline(time.Now().Add(refusalTimeout))
	}
	x.refusal = e.message
	e.write(x)
}

// finish sets the status if the client left before the header was written.
func (x *exchange) finish() {
	if x.code == 0 {
		x.setCode(statusClientLeft)
	}
	x.amend()
}

// log writes the request's line. It leaves out the body, the query and all
// headers.
func (x *exchange) log(l *slog.Logger, now time.Time, err error) {
	level := slog.LevelInfo
	if x.seen.Uncached != nil || isFault(x.unembedded) || x.code >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	if !l.Enabled(x.request.Context(), level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 13),
		slog.String("method", x.request.Method),
		slog.String("path", x.request.URL.Path),
		slog.Int("code", x.code),
		slog.Duration("duration", now.Sub(x.begun)),
	)
	if x.seen.Cache != "" {
		attrs = append(attrs, slog.String("cache", string(x.seen.Cache)), slog.Duration("age", x.seen.Age))
	}
	if text := x.reason.logged(); text != "" && x.seen.Uncached == nil {
		attrs = append(attrs, slog.String("reason", text))
	}
	if x.namespace != nil {
		attrs = append(attrs, shortName(*x.namespace))
	}
	if n := len(x.deps); n > 0 {
		attrs = append(attrs, slog.Int("deps", n), slog.Any("dep_ids", firstIDs(x.deps)))
	}
	attrs = append(attrs, x.extra...)
	if x.seen.Cache == HitL2 {
		attrs = append(attrs, similarityAttr(x.seen.Similarity))
	}
	if x.unembedded != nil {
		attrs = append(attrs, slog.String("not_similar", x.unembedded.Error()))
	}
	if x.seen.Uncached != nil {
		attrs = append(attrs, slog.String("uncached", x.seen.Uncached.Error()))
	}
	if err != nil && !errors.Is(err, errClientLeft) {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	l.LogAttrs(x.request.Context(), level, "request", attrs...)
}

func firstIDs(deps []wire.Dep) []string {
	ids := make([]string, 0, maxLogged)
	for _, d := range deps[:min(len(deps), maxLogged)] {
		ids = append(ids, d.ID)
	}
	return ids
}

// shortName returns the start of a namespace's name.
func shortName(namespace cache.Digest) slog.Attr {
	return slog.String("namespace", hex.EncodeToString(namespace[:4]))
}
