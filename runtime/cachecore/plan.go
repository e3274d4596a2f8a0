package cachecore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/depgen/depgen/runtime/internal/exact"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// ErrUncommitted is the reason in [CacheStatus.Err] for a request that goes
// uncached because the transaction of its context has changed one of its deps.
var ErrUncommitted = errors.New("the transaction of this request has changed the data")

// plan is the decision on how a request is sent.
type plan struct {
	route    route
	foreign  bool    // whether a request that is passed on goes to another host
	declared *depSet // nil or empty without deps
	set      *depSet // declared, coarsened to fit the header
	exact    bool    // whether a HIT_L2 is refused
	again    bool    // whether this is the second request, after a refused answer
	reason   error   // why the client made the request a bypass
}

type route int

const (
	passOn route = iota // not for the gateway: neither token nor deps
	bypass              // to the gateway: neither token nor deps
	tag                 // to the gateway: token and deps
)

// plan decides how req is sent. It has no effects.
func (t *Transport) plan(req *http.Request) plan {
	ctx := req.Context()
	switch {
	case originOf(req.URL) != t.client.origin:
		return plan{route: passOn, foreign: true}
	case isLogin(req):
		return plan{route: passOn}
	}
	p := plan{route: bypass, exact: exact.In(ctx)}
	if bypassed(ctx) {
		return p
	}
	if p.declared, p.reason = declaredBy(req); p.reason != nil {
		return p
	}
	// An answer without deps depends on the tenant's policy.
	if p.reason = uncommitted(ctx, p.declared.list()); p.reason != nil {
		return p
	}
	if !p.declared.empty() {
		p.set = p.declared.within(t.client.cfg.budget)
		if p.reason = p.set.err; p.reason != nil {
			return p
		}
	}
	if p.exact && !repeatable(req) {
		p.reason = ErrNoGetBody
		return p
	}
	p.route = tag
	return p
}

// declaredBy returns the deps that the request's context declares, and those in
// a deps header written by hand, in any spelling of its name.
func declaredBy(req *http.Request) (*depSet, error) {
	set := effective(req.Context())
	for name, values := range req.Header {
		if !strings.EqualFold(name, wire.HeaderDeps) {
			continue
		}
		for _, byHand := range values {
			deps, err := decodeHeader(byHand)
			if err != nil {
				return set, err
			}
			set = join(set, newDepSet(deps))
		}
	}
	return set, nil
}

// uncommitted returns an error if a transaction of the context has changed one
// of the deps. Its data may be rolled back, and then no invalidation follows
// that would drop the answer.
func uncommitted(ctx context.Context, deps []Dep) error {
	for s := scopeOf(ctx); s != nil; s = s.outer {
		held, ok := s.inv.(Transactional)
		if !ok {
			continue
		}
		if held.Changed(wire.PolicyDep) {
			return fmt.Errorf("dep %q is not committed: %w", wire.PolicyDep, ErrUncommitted)
		}
		for _, d := range deps {
			if held.Changed(d.id) {
				return fmt.Errorf("dep %s is not committed: %w", quote(d.id), ErrUncommitted)
			}
		}
	}
	return nil
}

// coarsened reports whether the request carries wholes in place of parts.
func (p plan) coarsened() bool { return p.route == tag && p.set != nil && p.set != p.declared }

// warn logs that a request goes uncached although it declares deps, unless that
// is by design.
func (p plan) warn(ctx context.Context, logger *slog.Logger) {
	if p.reason == nil || errors.Is(p.reason, ErrUncommitted) || errors.Is(p.reason, ErrNoGetBody) {
		return
	}
	logger.LogAttrs(ctx, slog.LevelError, "cachecore: request sent uncached", slog.Int("deps", len(p.declared.list())), slog.Any("error", p.reason))
}

// status returns the cache status of the answer, which is nil if the request
// failed. The client's own bypass is a BYPASS even if the gateway's answer has
// no status.
func (p plan) status(resp *http.Response) CacheStatus {
	s := CacheStatus{Status: Unknown}
	if resp != nil {
		s = ParseStatus(resp.Header)
	}
	s.Err = p.reason
	switch {
	case resp == nil:
	case p.refuses(resp):
		s.Status, s.Refused = HitL2, true
	case s.Status == Unknown && (p.reason != nil || p.again):
		s.Status = Bypass
	}
	return s
}

// isLogin reports whether an SDK asks for a credential of its own. Anthropic's
// SDK does so at its base URL, which is the gateway, in the context of the LLM
// request that needs the credential.
func isLogin(req *http.Request) bool { return strings.HasSuffix(req.URL.Path, "/oauth/token") }
