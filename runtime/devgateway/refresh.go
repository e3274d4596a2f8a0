package devgateway

import (
	"context"
	"log/slog"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
)

// refresh replaces a stale entry in the background, unless a refresh of it is
// already running.
func (g *Gateway) refresh(x *exchange, r cache.Request, stale *cache.Entry) {
	q := &cacheable{Request: r, namespace: stale.Namespace, label: stale.Label, call: newCall(x.request.Header, x.seen.Body)}
	q.call.stream = stale.Stream
	q.Deps = stale.Deps() // maybe more than the request's; all must be kept
	q.Question = g.cache.Question(stale)
	fl, leader := g.cache.Join(q.Request)
	if !leader {
		return
	}
	fl.Question = q.Question
	// Another refresh may have ended since the lookup. If there is no memory
	// for a refresh, the next request tries again.
	size := int64(len(q.call.body))
	if !g.cache.Contains(r, stale) || !g.bodies.tryTakeLong(size) {
		g.cache.End(fl)
		return
	}
	if !g.work.Begin(1) {
		g.bodies.giveBackLong(size)
		g.cache.End(fl)
		return
	}
	ctx, cancel := g.detach(x.request.Context())
	go func() {
		defer g.work.Done()
		defer g.bodies.giveBackLong(size)
		defer cancel()
		if q.Question == nil && g.similar != nil {
			fl.Unembedded = g.embedAgain(ctx, q)
			fl.Question = q.Question
		}
		err := g.fetch(ctx, q)
		g.cache.End(fl)
		g.showRefresh(err)
		g.observers.refresh(Refresh{Tenant: q.Tenant, Deps: depsIn(q.Deps), Err: err})
		if err != nil {
			g.logger.LogAttrs(ctx, slog.LevelWarn, "refresh failed; the stale entry stays",
				shortName(q.namespace), slog.String("error", err.Error()))
		}
	}()
}

// embedAgain tries to embed the question of an entry that has no embedding,
// because the embedder may have failed when the entry was made.
func (g *Gateway) embedAgain(ctx context.Context, q *cacheable) error {
	p, err := parsePrompt(q.call.body)
	if err != nil {
		return err
	}
	q.model = p.Model
	q.Question, err = g.embed(ctx, q)
	return err
}

// fetch calls the upstream and puts the answer into the cache.
func (g *Gateway) fetch(ctx context.Context, q *cacheable) error {
	resp, err := g.send(ctx, q.call)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := readAtMost(resp, g.bodyLimit)
	if err != nil {
		return upstreamError(err)
	}
	contentType := resp.Header.Get("Content-Type")
	var why string
	if q.call.stream && isMediaType(contentType, "text/event-stream") {
		rec := &sseRecorder{limit: g.bodyLimit}
		rec.write(body)
		rec.close()
		if why = unkeepable(resp); why == "" {
			why = rec.why()
		}
		body, _ = rec.recorded()
	} else {
		why = g.unfitAnswer(q, resp, body)
	}
	if why != "" {
		return &apiError{status: resp.StatusCode, code: "upstream_failed", message: "not an answer to keep: " + why}
	}
	return g.keep(q, contentType, body)
}
