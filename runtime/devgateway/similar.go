package devgateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/prompt"
	"github.com/depgen/depgen/runtime/internal/vector"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// Embedder turns a text into a vector, so that similar texts have vectors of
// similar directions. All its vectors have the same size. It is safe for
// concurrent use, and returns soon after ctx is done.
type Embedder interface {
	Embed(ctx context.Context, text string) ([]float32, error)
}

// embedTimeout limits the time that a request waits for its embedding.
const embedTimeout = 5 * time.Second

// similar is the configuration of HIT_L2.
type similar struct {
	Embedder
	threshold float64
}

// WithSimilar makes the gateway answer similar questions from its cache too, as
// HIT_L2, like the hosted gateway. If there is no exact match, the gateway
// embeds the first 32 KiB of the request's user messages, and compares them with those of the
// entries that have the same namespace, model and form (JSON or stream). It
// serves the answer to the most similar ones if the similarity, from 0 to 1, is
// at least threshold.
//
// As published, the deps of the answer have to be current, but they need not be
// those of the request. The gateway logs a warning if they differ. If the
// embedder fails or takes longer than 5 seconds, the request is a miss.
func WithSimilar(e Embedder, threshold float64) Option {
	return optionFunc(func(c *config) { c.similar = &similar{e, threshold} })
}

func (s *similar) check() error {
	switch {
	case s == nil:
		return nil
	case s.Embedder == nil:
		return errors.New("WithSimilar: no embedder; give it one, for example Lexical()")
	case !(s.threshold > 0 && s.threshold <= 1): // also not a number
		return fmt.Errorf("WithSimilar: the threshold %v is not above 0 and at most 1; the hosted gateway's is 0.92", s.threshold)
	}
	return nil
}

// embeddingSize is the size of the first embedding, 0 before it.
type embeddingSize struct{ atomic.Int64 }

// check returns an error if the size differs from the first.
func (s *embeddingSize) check(n int) error {
	if s.CompareAndSwap(0, int64(n)) {
		return nil
	}
	if first := s.Load(); first != int64(n) {
		return fmt.Errorf("the embedding has %d numbers, and the first had %d; restart the gateway if the model has changed", n, first)
	}
	return nil
}

// serveSimilar answers from the entry whose question is the most similar, and
// reports whether it has done so. The leader embeds the question for all that
// wait for it.
func (g *Gateway) serveSimilar(x *exchange, q *cacheable, fl *cache.Flight, leader bool) bool {
	if g.similar == nil {
		return false
	}
	// A refresh may have ended before it had a question.
	if leader || fl.Question == nil && fl.Unembedded == nil {
		// Others may be waiting for the embedding, so it does not end with the
		// client.
		ctx, end := g.detach(x.request.Context())
		q.Question, x.unembedded = g.embed(ctx, q)
		end()
	} else {
		q.Question, x.unembedded = fl.Question, fl.Unembedded
	}
	if leader {
		fl.Question, fl.Unembedded = q.Question, x.unembedded
	}
	x.compared = true
	hit, ok := g.cache.LookupSimilar(q.Request, g.similar.threshold)
	if !ok {
		return false
	}
	g.cache.Answered(q.Request, q.asked, hit)
	g.warnOfCrossing(x, hit)
	x.entryDeps = hit.Entry.Deps()
	x.seen.EntryDeps = depsIn(x.entryDeps)
	x.fresh = q.Fresh
	x.status(HitL2, hit.Similarity, hit.Age)
	x.writeWhole(hit.Entry.ContentType, hit.Entry.Body)
	return true
}

// Reasons why a request has no question.
var (
	errNoUserText = errors.New("no user message has text")
	errNoModel    = errors.New("the model is not a string")
)

// isFault reports whether a question had no embedding although it could have
// one.
func isFault(unembedded error) bool {
	if unembedded == nil {
		return false
	}
	for _, e := range []error{errNoUserText, errNoModel, errNoLetters} {
		if errors.Is(unembedded, e) {
			return false
		}
	}
	return true
}

// embed returns the question of a request.
func (g *Gateway) embed(ctx context.Context, q *cacheable) (*cache.Question, error) {
	model, isString := q.model.(string)
	if !isString && q.model != nil {
		return nil, errNoModel
	}
	text := prompt.UserText(q.call.body)
	if text == "" {
		return nil, errNoUserText
	}
	ctx, cancel := context.WithTimeout(ctx, embedTimeout)
	defer cancel()
	embedding, err := g.similar.Embed(ctx, text)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("embed the question: the embedder took longer than %v; use a faster model", embedTimeout)
	case err != nil:
		return nil, fmt.Errorf("embed the question: %w", err)
	}
	unit, err := vector.Unit(embedding)
	if err != nil {
		return nil, err
	}
	if err := g.sizes.check(len(unit)); err != nil {
		return nil, err
	}
	return &cache.Question{
		Shape:  cache.Shape{Namespace: q.namespace, Model: model, Stream: q.call.stream},
		Vector: unit,
	}, nil
}

// crossing contains the deps that only one of a request and its answer has.
type crossing struct{ ours, theirs []wire.Dep }

func (c crossing) crosses() bool { return len(c.ours) > 0 || len(c.theirs) > 0 }

// warnOfCrossing logs a warning if the answer depends on other data than the
// request.
func (g *Gateway) warnOfCrossing(x *exchange, hit cache.Hit) {
	theirs := hit.Entry.Deps()
	x.crossing = crossing{without(x.deps, theirs), without(theirs, x.deps)}
	if !x.crossing.crosses() {
		return
	}
	g.logger.LogAttrs(x.request.Context(), slog.LevelWarn,
		"the answer to a similar question depends on other data; put the data into the system message, or end it with cachecore.Scope, see docs/similar.md",
		shortName(hit.Entry.Namespace),
		similarityAttr(hit.Similarity),
		slog.Any("only_request", firstDeps(x.crossing.ours)),
		slog.Any("only_answer", firstDeps(x.crossing.theirs)),
	)
}

func similarityAttr(similarity float64) slog.Attr {
	return slog.Float64("similarity", math.Round(similarity*1e4)/1e4)
}

// without returns the deps that are not among the others with the same hash.
func without(deps, others []wire.Dep) []wire.Dep {
	has := make(map[wire.Dep]bool, len(others))
	for _, d := range others {
		has[d] = true
	}
	return slices.DeleteFunc(slices.Clone(deps), func(d wire.Dep) bool { return has[d] })
}

// firstDeps returns the first ids, with their hashes.
func firstDeps(deps []wire.Dep) []string {
	texts := firstIDs(deps)
	for i := range texts {
		if hash := deps[i].Hash; hash != wire.DefaultHash {
			texts[i] += "@" + hash
		}
	}
	return texts
}
