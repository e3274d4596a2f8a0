package devgateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

// A request whose question has no embedding is a miss, and the log has the reason.
func TestSimilarWithoutAnEmbedding(t *testing.T) {
	t.Parallel()
	fixed := func(v ...float32) embedder {
		return func(context.Context, string) ([]float32, error) { return v, nil }
	}
	first := true
	for name, tt := range map[string]struct {
		embedder
		body, level, want string
	}{
		"it fails": {
			func(context.Context, string) ([]float32, error) { return nil, errors.New("connection refused") },
			question("my prompt"), "WARN", `not_similar="embed the question: connection refused"`,
		},
		"empty":        {fixed(), question("my prompt"), "WARN", `not_similar="the embedding is empty"`},
		"zero":         {fixed(0, 0), question("my prompt"), "WARN", `not_similar="all numbers of the embedding are zero"`},
		"not a number": {fixed(1, float32(math.NaN())), question("my prompt"), "WARN", `not_similar="the embedding has a number that is NaN or infinite"`},
		"infinite":     {fixed(1, float32(math.Inf(-1))), question("my prompt"), "WARN", `not_similar="the embedding has a number that is NaN or infinite"`},
		"another size": {
			func(context.Context, string) ([]float32, error) {
				if first {
					first = false
					return []float32{1, 0}, nil
				}
				return []float32{1, 0, 0}, nil
			},
			question("my prompt"), "WARN", `not_similar="the embedding has 3 numbers, and the first had 2; restart the gateway if the model has changed"`,
		},
		"no user message": {fixed(1), `{"model":"m","messages":[{"role":"assistant","content":"my prompt"}]}`, "INFO", `not_similar="no user message has text"`},
		"an empty text":   {fixed(1), question(""), "INFO", `not_similar="no user message has text"`},
		"no text":         {fixed(1), `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"my prompt"}}]},{"role":"user"},{"role":"user","content":7}]}`, "INFO", `not_similar="no user message has text"`},
		"no model name":   {fixed(1), strings.Replace(question("my prompt"), `"m"`, `["m"]`, 1), "INFO", `not_similar="the model is not a string"`},
		"no letters":      {devgateway.Lexical().Embed, question("4711"), "INFO", `not_similar="embed the question: the text contains no letters to compare"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log testlog.Buffer
			f := start(t, devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), devgateway.WithSimilar(tt.embedder, 0.9))
			acme := tenant(t, "acme")
			if name == "another size" {
				f.ask("the first", acme)
			}
			got := f.post(completions, tt.body, acme)
			if got.code != 200 || got.cache() != "MISS" {
				t.Errorf("%d %s, want a MISS", got.code, got.cache())
			}
			if got := f.post(completions, tt.body, acme); got.cache() != "HIT_L1" {
				t.Errorf("again: %s, want HIT_L1", got.cache())
			}
			if got := f.post(completions, strings.Replace(tt.body, "{", "{ ", 1), acme); got.cache() != "MISS" {
				t.Errorf("in other bytes: %s, want MISS", got.cache())
			}
			f.server.Close()
			if n := strings.Count(log.String(), "level="+tt.level+" msg=request"); n < 2 || !strings.Contains(log.String(), tt.want) {
				t.Errorf("%d lines of level %s in the log, want 2 with %s:\n%s", n, tt.level, tt.want, log.String())
			}
			if strings.Contains(log.String(), "my prompt") {
				t.Errorf("the prompt is in the log: %s", log.String())
			}
		})
	}
}

// The first embedding that can be compared fixes the size, not one before it.
func TestSimilarAfterABadEmbedding(t *testing.T) {
	t.Parallel()
	bad := true
	f := start(t, devgateway.WithSimilar(embedder(func(ctx context.Context, text string) ([]float32, error) {
		if bad {
			bad = false
			return []float32{0, 0, 0}, nil
		}
		return degrees()(ctx, text)
	}), 0.9))
	f.wantCache("MISS", "", "180", tenant(t, "acme"))
	f.wantCache("MISS", "", "0", tenant(t, "acme"))
	f.wantCache("HIT_L2", "", "1", tenant(t, "acme"))
}

func TestWithSimilarRefuses(t *testing.T) {
	t.Parallel()
	for _, threshold := range []float64{0, -1, 1.0001, math.NaN(), math.Inf(1)} {
		_, err := devgateway.New(devgateway.WithSecret([]byte(secret)), devgateway.WithSimilar(devgateway.Lexical(), threshold))
		if want := fmt.Sprintf("devgateway: WithSimilar: the threshold %v is not above 0 and at most 1; the hosted gateway's is 0.92", threshold); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := devgateway.New(devgateway.WithSecret([]byte(secret)), devgateway.WithSimilar(nil, 0.92))
	if want := "devgateway: WithSimilar: no embedder; give it one, for example Lexical()"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
