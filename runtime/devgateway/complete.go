package devgateway

import (
	"crypto/sha256"
	"errors"
	"sync"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
)

// cacheable is a completion request whose answer the cache may keep.
type cacheable struct {
	cache.Request
	namespace cache.Digest
	model     any // a string in a valid request
	asked     cache.Asked
	label     *cache.Label
	call      call
}

// complete answers POST /v1/chat/completions.
func (g *Gateway) complete(x *exchange) error {
	id, err := g.identify(x)
	if err != nil {
		return err
	}
	if id == nil {
		if err := g.limit.allow(x.request.RemoteAddr); err != nil {
			return err
		}
	} else {
		x.seen.Tenant = id.Tenant
	}
	x.deps, err = depsOf(x.request.Header)
	var unfit unfitError
	switch {
	case errors.As(err, &unfit):
		x.seen.Uncached = err
	case err != nil:
		return err
	}
	body, done, err := g.readShared(x)
	if err != nil {
		return err
	}
	defer done()
	x.seen.Body = body
	if id == nil || x.seen.Uncached != nil {
		x.reason = reason{forward: forwardBypass, text: "no gateway token"}
		if id != nil {
			x.reason.text = x.seen.Uncached.Error()
		}
		g.labelBypass(x)
		return g.bypass(x, newCall(x.request.Header, body))
	}
	return g.answer(x, id, cache.Request{
		Key:    cache.Key{Caller: id.Caller, Body: sha256.Sum256(body)},
		Tenant: id.Tenant, Deps: x.deps, Fresh: id.Fresh, Stale: id.Stale,
	})
}

// answer answers from the cache, from a call in progress, or from a new call to
// the upstream. A hit does not need the prompt, because its bytes have been
// parsed before.
func (g *Gateway) answer(x *exchange, id *identity, r cache.Request) error {
	if g.serveCached(x, r) {
		return nil
	}
	body := x.seen.Body
	p, err := parsePrompt(body)
	if err != nil {
		return err
	}
	q := &cacheable{Request: r, call: newCall(x.request.Header, body)}
	q.asked = cache.Asked{Body: body, Question: p.Question().Sum}
	if q.namespace, q.asked.Parts, err = namespaceOf(id, p); err != nil {
		return err
	}
	q.call.stream = p.Stream
	q.model = p.Model
	q.label = g.label(p, body)
	x.seen.Stream, x.namespace, x.label = p.Stream, &q.namespace, q.label
	return g.answerMiss(x, q)
}

func (g *Gateway) answerMiss(x *exchange, q *cacheable) error {
	fl, leader := g.cache.Join(q.Request)
	landed := func() {}
	if leader {
		landed = sync.OnceFunc(func() { g.cache.End(fl) })
		defer landed()
	} else {
		select {
		case <-fl.Done():
		case <-x.request.Context().Done():
			return errClientLeft
		}
		x.waited = true
	}
	// An answer may have been stored since the first lookup. If the flight that
	// the request waited for has failed, each request goes on alone: waiting in
	// line for a failing upstream would take forever.
	if g.serveCached(x, q.Request) || g.serveSimilar(x, q, fl, leader) {
		return nil
	}
	cause := g.cache.Ask(q.Request, q.asked)
	q.Outdated = cause.Outdated
	x.reason = reasonOf(cause, q.call.body)
	if isFault(x.unembedded) {
		x.reason.alone = "; not compared: embedder failed"
	}
	return g.fill(x, q, landed)
}

// serveCached answers from the cache, and reports whether it has done so.
func (g *Gateway) serveCached(x *exchange, r cache.Request) bool {
	hit, ok := g.cache.Lookup(r)
	if !ok {
		return false
	}
	e := hit.Entry
	x.seen.Stream, x.namespace = e.Stream, &e.Namespace
	if hit.Status == string(HitL1Stale) {
		g.refresh(x, r, e)
	}
	x.fresh = r.Fresh
	if x.label == nil {
		x.label = e.Label
	}
	x.status(Status(hit.Status), hit.Similarity, hit.Age)
	x.writeWhole(e.ContentType, e.Body)
	return true
}

// keep stores an answer in the cache. The error is the reason why it was not
// stored.
func (g *Gateway) keep(q *cacheable, contentType string, body []byte) error {
	return g.cache.Keep(q.Request, cache.Answer{
		Namespace: q.namespace, Stream: q.call.stream, ContentType: contentType, Body: body, Label: q.label,
	})
}
