package devgateway

import (
	"crypto/sha256"
	"errors"
	"sync"
)

// question is a completion request that the cache may answer.
type question struct {
	id   *identity
	key  entryKey
	deps []Dep
	call call
}

// complete answers POST /v1/chat/completions.
func (g *Gateway) complete(x *exchange) error {
	id, err := g.verifier.identify(x.request.Header)
	if err != nil {
		return err
	}
	if id == nil {
		if err := g.limit.allow(x.request); err != nil {
			return err
		}
	} else {
		x.seen.Tenant = id.tenant
	}
	deps, err := depsOf(x.request.Header)
	var unfit unfitError
	switch {
	case errors.As(err, &unfit):
		x.seen.Uncached = err
	case err != nil:
		return err
	}
	x.seen.Deps = deps
	body, done, err := g.readShared(x)
	if err != nil {
		return err
	}
	defer done()
	x.seen.Body = body
	c := newCall(x.request.Header, body)
	if id == nil || x.seen.Uncached != nil {
		return g.bypass(x, c)
	}

	p, err := parsePrompt(body)
	if err != nil {
		return err
	}
	namespace, err := namespaceOf(id, p)
	if err != nil {
		return err
	}
	c.stream = p.Stream
	x.seen.Stream, x.seen.Namespace = p.Stream, hexOf(namespace)
	return g.answer(x, &question{id, entryKey{namespace, sha256.Sum256(body)}, deps, c})
}

// answer serves the question from the cache, from a call in progress, or from a
// new call to the upstream.
func (g *Gateway) answer(x *exchange, q *question) error {
	if g.serveCached(x, q) {
		return nil
	}
	return g.answerMiss(x, q)
}

func (g *Gateway) answerMiss(x *exchange, q *question) error {
	fl, leader := g.flights.join(q.key, q.id.tenant, q.deps)
	landed := func() {}
	if leader {
		landed = sync.OnceFunc(func() { g.flights.end(fl) })
		defer landed()
	} else {
		select {
		case <-fl.done:
		case <-x.request.Context().Done():
			return errClientLeft
		}
	}
	// An answer may have been stored since the first lookup. If the flight that
	// the request waited for has failed, each request goes on alone: waiting in
	// line for a failing upstream would take forever.
	if g.serveCached(x, q) {
		return nil
	}
	return g.fill(x, q, landed)
}

// serveCached answers from the cache, and reports whether it has done so.
func (g *Gateway) serveCached(x *exchange, q *question) bool {
	e := g.store.get(q.key, q.deps)
	if e == nil {
		return false
	}
	age := max(g.now().Sub(e.stored), 0)
	status := HitL1
	if age >= q.id.fresh {
		status = HitL1Stale
	}
	if age >= q.id.fresh+q.id.stale {
		return false
	}
	if status == HitL1Stale {
		g.refresh(x, q, e)
	}
	x.status(status, age)
	x.writeWhole(e.contentType, e.body)
	return true
}

// keep stores an answer in the cache, and reports whether it was stored.
func (g *Gateway) keep(q *question, contentType string, body []byte) bool {
	return g.store.put(q.key, &entry{
		tenant:      q.id.tenant,
		hashes:      hashesOf(q.deps),
		contentType: contentType,
		body:        body,
		stored:      g.now(),
	})
}
