package devgateway

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// refresh replaces a stale entry in the background, unless a refresh of it is
// already running.
func (g *Gateway) refresh(x *exchange, q *question, stale *entry) {
	deps := depsIn(stale.hashes) // maybe more than the request's; all must be kept
	fl, leader := g.flights.join(q.key, q.id.tenant, deps)
	if !leader {
		return
	}
	// Another refresh may have ended since the lookup. If there is no memory
	// for a refresh, the next request tries again.
	size := int64(len(q.call.body))
	if g.store.get(q.key, q.deps) != stale || !g.bodies.tryTakeLong(size) {
		g.flights.end(fl)
		return
	}
	if !g.work.Begin(1) {
		g.bodies.giveBackLong(size)
		g.flights.end(fl)
		return
	}
	ctx, cancel := g.detach(x.request.Context())
	go func() {
		defer g.work.Done()
		defer g.bodies.giveBackLong(size)
		defer cancel()
		err := g.fetch(ctx, &question{q.id, q.key, deps, q.call})
		g.flights.end(fl)
		g.observer.refresh(Refresh{Tenant: q.id.tenant, Deps: deps, Err: err})
		if err != nil {
			g.logger.LogAttrs(ctx, slog.LevelWarn, "refresh failed: the stale entry stays",
				slog.String("namespace", hexOf(q.key.namespace)[:8]), slog.String("error", err.Error()))
		}
	}()
}

// fetch calls the upstream and puts the answer into the cache.
func (g *Gateway) fetch(ctx context.Context, q *question) error {
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
	ok := int64(len(body)) <= g.bodyLimit && keepable(resp)
	if q.call.stream {
		rec := &sseRecorder{limit: g.bodyLimit}
		rec.write(body)
		rec.close()
		recorded, complete := rec.recorded()
		body, ok = recorded, ok && complete && isMediaType(contentType, "text/event-stream")
	} else {
		ok = ok && isAnswer(body)
	}
	if !ok {
		return &apiError{status: resp.StatusCode, code: "upstream_failed", message: http.StatusText(resp.StatusCode) + ": not an answer to keep"}
	}
	if !g.keep(q, contentType, body) {
		return errors.New("a dep has moved on, or the answer is too large")
	}
	return nil
}

// depsIn returns the deps sorted by id.
func depsIn(hashes map[string]string) []Dep {
	deps := make([]Dep, 0, len(hashes))
	for id, hash := range maps.All(hashes) {
		deps = append(deps, Dep{id, hash})
	}
	slices.SortFunc(deps, func(a, b Dep) int { return strings.Compare(a.ID, b.ID) })
	return deps
}
