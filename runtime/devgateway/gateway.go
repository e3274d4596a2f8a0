package devgateway

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/devgateway/internal/page"
	"github.com/depgen/depgen/runtime/devgateway/internal/tenant"
	"github.com/depgen/depgen/runtime/internal/inflight"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// identity is the verified sender of a request.
type identity = tenant.Identity

var errClosing = &apiError{
	status: http.StatusServiceUnavailable, code: "closing",
	message: "the gateway is shutting down; start it again",
}

var errUnknownPath = &apiError{
	status: http.StatusNotFound, code: "unknown_path",
	message: "there is nothing here; the gateway has /v1/chat/completions, /v1/invalidate and /healthz",
}

var errUnknownPathWithPage = &apiError{
	status: http.StatusNotFound, code: errUnknownPath.code,
	message: "there is nothing here; the gateway has /v1/chat/completions, /v1/invalidate, /healthz and /debug/",
}

// Gateway answers completion requests from its cache and its upstream. It is an
// http.Handler that [New] returns, and is safe for concurrent use.
type Gateway struct {
	*config
	verifier *tenant.Verifier
	limit    *clientLimit
	cache    *cache.Cache
	bodies   *budget
	origins  *http.CrossOriginProtection
	work     inflight.Group
	sizes    embeddingSize
	page     *page.Page // nil without WithDebugPage

	stopped context.Context // done when calls to the upstream have to end
	stop    context.CancelFunc
}

// New returns a gateway with an empty cache. It returns an error if an option
// is invalid, or if [WithSecret] is missing.
func New(opts ...Option) (*Gateway, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		config:   c,
		verifier: tenant.NewVerifier(c.secret, c.now),
		limit:    newClientLimit(c.bypassLimit, c.now),
		bodies:   newBudget(max(maxBodies, c.bodyLimit)),
		origins:  http.NewCrossOriginProtection(),
	}
	if g.cache, err = cache.New(c.cacheBytes, c.strictHash, c.now); err != nil {
		return nil, err
	}
	if c.debugPage {
		g.page = page.New(c.now, g.cache.Deps)
	}
	if len(c.secret) < minSecret {
		c.logger.Warn("the secret is short; use 32 bytes or more", "bytes", len(c.secret))
	}
	g.stopped, g.stop = context.WithCancel(context.Background())
	return g, nil
}

// Close refuses further requests with 503. It waits for requests in progress,
// for answers that are still being read although their client has left, and for
// background refreshes. If ctx is done first, Close cancels the calls to the
// upstream and returns the cause of ctx.
func (g *Gateway) Close(ctx context.Context) error {
	defer g.stop()
	g.endPage()
	return g.work.Close(ctx)
}

// ServeHTTP answers one request. If an answer breaks off after part of it was
// sent, ServeHTTP aborts the connection by panicking with http.ErrAbortHandler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := g.newExchange(w, r)
	x.limitBody()
	var err error = errClosing
	if g.work.Begin(1) {
		defer g.work.Done()
		err = g.route(x)
	}
	var answer *apiError
	brokenOff := false
	switch {
	case err == nil, errors.Is(err, errClientLeft):
	case x.code != 0:
		brokenOff = true
	case errors.As(err, &answer):
		x.refuse(answer)
	default:
		x.refuse(&apiError{status: http.StatusInternalServerError, code: "internal_error", message: "the gateway failed; see its log"})
	}
	x.finish()
	x.log(g.logger, g.now(), err)
	if brokenOff {
		panic(http.ErrAbortHandler) // otherwise the client would take the part for the whole
	}
}

func (g *Gateway) route(x *exchange) error {
	var handle func(*exchange) error
	switch path := x.request.URL.Path; path {
	case wire.PathCompletions:
		handle = g.complete
	case wire.PathInvalidate:
		handle = g.invalidate
	case "/healthz":
		return health(x)
	default:
		switch {
		case g.page == nil:
			return errUnknownPath
		case path+"/" == debugPath:
			http.Redirect(x, x.request, debugPath, http.StatusMovedPermanently)
			return nil
		case strings.HasPrefix(path, debugPath):
			return g.debug(x)
		}
		return errUnknownPathWithPage
	}
	if err := g.checkPost(x.request); err != nil {
		return err
	}
	return handle(x)
}

// identify returns the sender of the request, nil for a bypass.
func (g *Gateway) identify(x *exchange) (*identity, error) {
	id, err := g.verifier.Identify(x.request.Header)
	var refused *tenant.Error
	if errors.As(err, &refused) {
		return nil, &apiError{status: http.StatusUnauthorized, code: refused.Code, message: refused.Message}
	}
	return id, err
}

func health(x *exchange) error {
	if x.request.Method != http.MethodGet && x.request.Method != http.MethodHead {
		return wrongMethod("GET, HEAD")
	}
	return x.writeJSON(map[string]string{"status": "ok"})
}

func wrongMethod(allow string) *apiError {
	return &apiError{
		status: http.StatusMethodNotAllowed, code: "wrong_method", allow: allow,
		message: "the method is wrong here; use " + allow,
	}
}
