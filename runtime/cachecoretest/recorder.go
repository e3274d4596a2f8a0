package cachecoretest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/internal/exact"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// Recorder records the invalidations and requests of a test, and has assertions
// on them. It is a [cachecore.Invalidator] and has an HTTP transport. It sends
// no data outside the process. It is safe for concurrent use.
type Recorder struct {
	record

	client   *cachecore.Client
	host     string // of the gateway that the client believes in
	upstream upstream
	degraded degradations

	mu       sync.Mutex
	fail     error
	requests []Request
}

// Request is one LLM request that went through a Recorder's transport.
type Request struct {
	Method string
	URL    *url.URL        // as the code under test sent it
	Deps   []cachecore.Dep // that the gateway would have received
	Bypass bool            // whether the gateway would neither look it up nor keep its answer
	Body   []byte

	exact bool // whether the client refuses the answer to a similar question
}

// recorders numbers the recorders of a process, so that each has its own
// origin.
var recorders atomic.Int64

// NewRecorder returns a Recorder for the test tb.
func NewRecorder(tb testing.TB, opts ...RecorderOption) *Recorder {
	tb.Helper()
	return newRecorder(tb, opts)
}

func newRecorder(tb testingT, opts []RecorderOption) *Recorder {
	tb.Helper()
	var s settings
	for _, o := range opts {
		o.applyToRecorder(&s)
	}
	host := fmt.Sprintf("recorder-%d.test:80", recorders.Add(1))
	origin := "http://" + host
	r := &Recorder{record: record{tb: tb}, host: host, upstream: s.model(tb)}
	client, err := cachecore.New(origin, "recorder",
		cachecore.WithBaseTransport(roundTripper(r.answer)),
		cachecore.WithLogger(slog.New(slog.DiscardHandler)),
		cachecore.WithObserver(r.degraded.observer()))
	if err != nil {
		tb.Fatalf("cachecoretest: %v", err)
	}
	r.client = client
	r.degraded.watch(tb, s.allowDegraded)
	return r
}

// Invalidate implements [cachecore.Invalidator]. It records the valid deps and
// their wholes. It returns the error set by [Recorder.Fail].
func (r *Recorder) Invalidate(_ context.Context, deps ...cachecore.Dep) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	var errs []error
	for _, d := range cachecore.Expand(deps...) {
		if err := d.Err(); err != nil {
			errs = append(errs, &cachecore.InvalidateError{Dep: d, Err: err})
			continue
		}
		r.addInvalidated(d)
	}
	return errors.Join(errs...)
}

// Fail makes later invalidations return err without recording them, until it is
// called with nil.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// HTTPClient returns a client around the transport.
func (r *Recorder) HTTPClient() *http.Client { return &http.Client{Transport: r.Transport()} }

// Transport returns the transport. It treats every host as the gateway, so that
// the code under test can keep its base URL.
func (r *Recorder) Transport() http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		s := &sent{url: req.URL}
		gateway := req.Clone(context.WithValue(req.Context(), sentKey{}, s))
		gateway.URL.Scheme, gateway.URL.Host = "http", r.host
		resp, err := r.client.Transport().RoundTrip(gateway)
		if s.err != nil { // the client would withhold its text
			return nil, s.err
		}
		return resp, err
	})
}

// Requests returns the LLM requests so far, in the order of arrival.
func (r *Recorder) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// sent is a request as the code under test sent it.
type sent struct {
	url *url.URL // before it was made the gateway's
	err error    // that answer returned
}

type sentKey struct{}

// answer acts as the gateway: it records the request and asks the upstream.
func (r *Recorder) answer(req *http.Request) (*http.Response, error) {
	s, _ := req.Context().Value(sentKey{}).(*sent)
	resp, err := r.askUpstream(req, s.url)
	s.err = err
	return resp, err
}

func (r *Recorder) askUpstream(req *http.Request, sent *url.URL) (*http.Response, error) {
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	got := Request{Method: req.Method, URL: sent, Body: body, Bypass: req.Header.Get(wire.HeaderToken) == "", exact: exact.In(req.Context())}
	got.Deps, err = depsOf(req.Header)
	if err != nil {
		return nil, err
	}
	r.addTagged(got.Deps)
	r.mu.Lock()
	r.requests = append(r.requests, got)
	r.mu.Unlock()

	out := req.Clone(req.Context())
	out.URL = sent
	out.Header.Del(wire.HeaderToken)
	out.Header.Del(wire.HeaderDeps)
	out.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := r.upstream.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	status := cachecore.Miss
	if got.Bypass {
		status = cachecore.Bypass
	}
	resp.Header.Set(wire.HeaderStatus, string(status))
	return resp, nil
}

func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer func() { _ = req.Body.Close() }()
	return io.ReadAll(req.Body)
}

// depsOf decodes the deps header that the client under test has sent.
func depsOf(h http.Header) ([]cachecore.Dep, error) {
	header := h.Get(wire.HeaderDeps)
	if header == "" {
		return nil, nil
	}
	elements, err := wire.DecodeDeps(header)
	if err != nil {
		return nil, fmt.Errorf("cachecoretest: deps header: %w", err)
	}
	deps := make([]cachecore.Dep, len(elements))
	for i, e := range elements {
		deps[i] = newDep(e.ID, e.Hash)
	}
	return deps, nil
}

// roundTripper is a function as an [http.RoundTripper].
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
