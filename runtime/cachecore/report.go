package cachecore

import (
	"context"
	"log/slog"
	"maps"
	"time"
)

// now returns the time if events in ctx are observed, and zero otherwise.
func (c *Client) now(ctx context.Context) time.Time {
	if !c.observed(ctx) {
		return time.Time{}
	}
	return time.Now()
}

// report tells the observers and the debug log about an invalidation that has
// ended. It does nothing if begun is zero: see [Client.now].
func (c *Client) report(ctx context.Context, cause Cause, begun time.Time, r InvalidateResult) {
	if begun.IsZero() {
		return
	}
	took := time.Since(begun)
	for _, o := range c.cfg.observers {
		if o.Invalidation != nil {
			o.Invalidation(ctx, InvalidationEvent{InvalidateResult: r, Cause: cause, Duration: took})
		}
	}
	if !c.cfg.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("dep", oneLine(r.Dep.id)),
		slog.String("kind", r.Dep.Kind()),
		slog.String("cause", string(cause)),
		slog.Int("attempts", r.Attempts),
		slog.Bool("folded", r.Folded),
		slog.Int("keys_deleted", r.KeysDeleted),
		slog.Duration("duration", took),
	}
	if r.Err != nil {
		attrs = append(attrs, slog.Any("error", r.Err))
	}
	c.cfg.logger.LogAttrs(ctx, slog.LevelDebug, "cachecore: invalidation ended", attrs...)
}

// logFailure logs a failed invalidation in the background, because no caller
// sees its error.
func (c *Client) logFailure(ctx context.Context, cause Cause, r InvalidateResult) {
	if r.Err == nil {
		return
	}
	when := map[Cause]string{
		CauseCall:       "after its caller hung up",
		CauseLateFill:   "after requests in flight",
		CauseSecondPass: "in the second pass",
	}[cause]
	c.cfg.logger.LogAttrs(ctx, slog.LevelError, "cachecore: invalidation in the background failed", slog.String("when", when), slog.Any("error", r.Err))
}

// background tells the observers that the number of deps with work in the
// background has changed.
func (c *Client) background(cause Cause, change int) {
	if change == 0 {
		return
	}
	for _, o := range c.cfg.observers {
		if o.Background != nil {
			o.Background(cause, change)
		}
	}
}

// unfinished counts the deps that Close gives up if they are not done.
func (c *Client) unfinished(cause Cause, change int) {
	if len(c.cfg.observers) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[Cause]int{}
	}
	if c.counts[cause] += change; c.counts[cause] == 0 {
		delete(c.counts, cause)
	}
}

// gaveUp tells the observers which work Close gives up.
func (c *Client) gaveUp(deps map[Cause]int) {
	for _, o := range c.cfg.observers {
		if o.GaveUp != nil {
			o.GaveUp(maps.Clone(deps))
		}
	}
}
