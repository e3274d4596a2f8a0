package devgateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

// embedder is a function as an Embedder.
type embedder func(ctx context.Context, text string) ([]float32, error)

func (e embedder) Embed(ctx context.Context, text string) ([]float32, error) { return e(ctx, text) }

// degrees embeds a text that contains a number: as a direction of that angle.
func degrees() embedder {
	return func(_ context.Context, text string) ([]float32, error) {
		var angle float64
		if _, err := fmt.Sscanf(text, "%f", &angle); err != nil {
			return nil, fmt.Errorf("not an angle: %w", err)
		}
		sin, cos := math.Sincos(angle * math.Pi / 180)
		return []float32{float32(5 * cos), float32(5 * sin)}, nil
	}
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	user := func(text string) map[string]any { return map[string]any{"role": "user", "content": text} }
	system := map[string]any{"role": "system", "content": "s"}
	base := map[string]any{"model": "m", "messages": []any{system, user("0")}}
	with := func(changes ...any) string {
		body := map[string]any{"model": "m", "messages": []any{system, user("1")}}
		for i := 0; i < len(changes); i += 2 {
			body[changes[i].(string)] = changes[i+1]
		}
		return asJSON(t, body)
	}
	acme := tenant(t, "acme")
	for name, tt := range map[string]struct {
		want, body string
		headers    []header
	}{
		"a similar question":       {"HIT_L2 1.00", with(), nil},
		"at the threshold":         {"HIT_L2 0.87", with("messages", []any{system, user("30")}), nil},
		"below the threshold":      {"MISS 0.00", with("messages", []any{system, user("31")}), nil},
		"on the other side":        {"MISS 0.00", with("messages", []any{system, user("180")}), nil},
		"other parameters":         {"HIT_L2 1.00", with("temperature", 1, "messages", []any{system, user("0")}), nil},
		"text in parts":            {"HIT_L2 0.98", with("messages", []any{system, user("1"), map[string]any{"role": "user", "content": []any{map[string]any{"type": "text", "text": "0"}}}, user("9")}), nil},
		"an answer in between":     {"HIT_L2 1.00", with("messages", []any{system, user("1"), map[string]any{"role": "assistant", "content": "50"}}), nil},
		"another model":            {"MISS 0.00", with("model", "n"), nil},
		"no model":                 {"MISS 0.00", with("model", nil), nil},
		"another system message":   {"MISS 0.00", with("messages", []any{map[string]any{"role": "system", "content": "t"}, user("1")}), nil},
		"a scope at its end":       {"MISS 0.00", with("messages", []any{map[string]any{"role": "system", "content": "s\n[cache scope ayrgpqwqehj8jrq1]"}, user("1")}), nil},
		"tools":                    {"MISS 0.00", with("tools", []any{map[string]any{"name": "t"}}), nil},
		"a stream":                 {"MISS 0.00", with("stream", true), nil},
		"another tenant":           {"MISS 0.00", with(), []header{tenant(t, "other")}},
		"other roles":              {"MISS 0.00", with(), []header{claims(t, devgateway.Claims{Tenant: "acme", Roles: []string{"r"}})}},
		"another policy":           {"MISS 0.00", with(), []header{claims(t, devgateway.Claims{Tenant: "acme", PolicyVersion: "2"})}},
		"other deps":               {"HIT_L2 1.00", with(), []header{acme, deps("doc:2")}},
		"another version":          {"HIT_L2 1.00", with(), []header{acme, deps("doc:1@8")}},
		"a bypass":                 {"BYPASS 0.00", with(), []header{bearer("sk-own")}},
		"deps that cannot be kept": {"BYPASS 0.00", with(), []header{acme, deps("doc:1@1", "doc:1@2")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := degrees()
			f := start(t, devgateway.WithSimilar(embedder(func(ctx context.Context, text string) ([]float32, error) {
				if text == "1\n0\n9" { // the user messages in order
					text = "12"
				}
				return all(ctx, text)
			}), math.Sqrt(3)/2))
			if got := f.post(completions, asJSON(t, base), acme, deps("doc:1@7")); got.cache() != "MISS" {
				t.Fatalf("the first: %s", got.cache())
			}
			f.clock.advance(1500 * time.Millisecond)
			headers := tt.headers
			if headers == nil {
				headers = []header{acme, deps("doc:1@7")}
			}
			got := f.post(completions, tt.body, headers...)
			if status := got.cache() + " " + got.header.Get("X-Cache-Similarity"); got.code != 200 || status != tt.want {
				t.Errorf("%d %s, want %s", got.code, status, tt.want)
			}
			hit := strings.HasPrefix(tt.want, "HIT_L2")
			if age := got.header.Get("X-Cache-Age"); (age == "1") != hit {
				t.Errorf("age %s", age)
			}
			if (got.body == `{"choices":[1]}`) != hit {
				t.Errorf("body %s", got.body)
			}
		})
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A hit is not kept as an answer to the new question: it neither becomes a
// HIT_L1 nor brings its neighbors closer.
func TestSimilarKeepsNoHits(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithSimilar(degrees(), math.Sqrt(3)/2))
	acme := tenant(t, "acme")
	f.wantCache("MISS", `{"choices":[1]}`, "0", acme)
	for range 2 {
		f.wantCache("HIT_L2", `{"choices":[1]}`, "20", acme)
	}
	f.wantCache("MISS", `{"choices":[2]}`, "40", acme)
	f.wantCache("HIT_L2", `{"choices":[1]}`, "19", acme)
	f.wantCache("HIT_L2", `{"choices":[2]}`, "21", acme)
	f.wantCache("HIT_L1", `{"choices":[2]}`, "40", acme)
}

// An entry answers similar questions as long as it exists: through both
// windows, until an invalidation.
func TestSimilarEnds(t *testing.T) {
	t.Parallel()
	acme := claims(t, devgateway.Claims{Tenant: "acme", FreshTTL: time.Minute, StaleWindow: time.Minute})
	for name, tt := range map[string]struct {
		change func(*fixture)
		want   string
	}{
		"fresh":                     {func(f *fixture) { f.clock.advance(time.Minute - 1) }, "HIT_L2"},
		"stale":                     {func(f *fixture) { f.clock.advance(2*time.Minute - 1) }, "HIT_L2"},
		"expired":                   {func(f *fixture) { f.clock.advance(2 * time.Minute) }, "MISS"},
		"invalidated":               {func(f *fixture) { f.drop(1, `{"dep_id":"doc:1"}`, acme) }, "MISS"},
		"another dep":               {func(f *fixture) { f.drop(0, `{"dep_id":"doc:2"}`, acme) }, "HIT_L2"},
		"the policy":                {func(f *fixture) { f.drop(1, `{"dep_id":"cc:policy-version"}`, acme) }, "MISS"},
		"an invalidation elsewhere": {func(f *fixture) { f.drop(0, `{"dep_id":"doc:1"}`, tenant(t, "other")) }, "HIT_L2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithSimilar(degrees(), 0.9))
			f.wantCache("MISS", "", "0", acme, deps("doc:1"))
			tt.change(f)
			f.wantCache(tt.want, "", "1", acme)
		})
	}
}

// A refresh keeps the entry's question without another embedding.
func TestSimilarAfterARefresh(t *testing.T) {
	t.Parallel()
	var embedded atomic.Int64
	refreshed := make(chan devgateway.Refresh, 1)
	f := start(t, devgateway.WithObserver(devgateway.Observer{Refresh: func(r devgateway.Refresh) { refreshed <- r }}),
		devgateway.WithSimilar(embedder(func(ctx context.Context, text string) ([]float32, error) {
			embedded.Add(1)
			return degrees()(ctx, text)
		}), 0.9))
	acme := tenant(t, "acme")
	f.wantCache("MISS", `{"choices":[1]}`, "0", acme, deps("doc:1"))
	f.clock.advance(devgateway.DefaultFreshTTL)
	f.wantCache("HIT_L1_STALE", `{"choices":[1]}`, "0", acme)
	if r := <-refreshed; r.Err != nil {
		t.Fatal(r.Err)
	}
	if n := embedded.Load(); n != 1 {
		t.Errorf("%d embeddings, want 1", n)
	}
	f.clock.advance(devgateway.DefaultFreshTTL)
	f.wantCache("HIT_L2", `{"choices":[2]}`, "1", acme)
}

func TestSimilarIsObservedAndLogged(t *testing.T) {
	t.Parallel()
	var log testlog.Buffer
	var completed []devgateway.Completion
	f := start(t,
		devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		devgateway.WithObserver(devgateway.Observer{Completion: func(c devgateway.Completion) { completed = append(completed, c) }}),
		devgateway.WithSimilar(degrees(), 0.9))
	acme := tenant(t, "acme")
	f.ask("0", acme, deps("doc:1@7", "table:docs"))
	f.ask("8", acme, deps("table:docs", "doc:1@7"))
	f.ask("9", acme, deps("doc:2", "doc:1@8", "table:docs"))
	f.server.Close()

	theirs := []devgateway.Dep{{ID: "doc:1", Hash: "7"}, {ID: "table:docs", Hash: "v1"}}
	for i, want := range []devgateway.Completion{
		{Cache: devgateway.Miss},
		{Cache: devgateway.HitL2, EntryDeps: theirs, Similarity: math.Cos(8 * math.Pi / 180)},
		{Cache: devgateway.HitL2, EntryDeps: theirs, Similarity: math.Cos(9 * math.Pi / 180)},
	} {
		got := completed[i]
		if got.Cache != want.Cache || math.Abs(got.Similarity-want.Similarity) > 1e-6 || !reflect.DeepEqual(got.EntryDeps, want.EntryDeps) {
			t.Errorf("%d: %s %v %v, want %s %v %v", i, got.Cache, got.Similarity, got.EntryDeps, want.Cache, want.Similarity, want.EntryDeps)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want 3 requests and a warning:\n%s", len(lines), log.String())
	}
	for i, want := range []string{
		`cache=MISS age=0s `,
		`cache=HIT_L2 age=0s namespace=`,
		`msg="the answer to a similar question depends on other data; put the data into the system message, or end it with cachecore.Scope, see docs/similar.md" namespace=`,
		`level=INFO msg=request`,
	} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d: %s, want %q", i, lines[i], want)
		}
	}
	if !strings.Contains(lines[1], " similarity=0.9903") || strings.Contains(lines[0], "similarity") {
		t.Errorf("similarities: %s\n%s", lines[0], lines[1])
	}
	if want := ` only_request="[doc:2 doc:1@8]" only_answer=[doc:1@7]`; !strings.Contains(lines[2], "level=WARN") || !strings.HasSuffix(lines[2], want) {
		t.Errorf("warning: %s, want %s", lines[2], want)
	}
}

// A stream answers similar questions that ask for a stream, from its first event
// to its end mark.
func TestSimilarStreams(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithUpstream(devgateway.Echo()), devgateway.WithSimilar(degrees(), 0.9))
	acme := tenant(t, "acme")
	ask := func(prompt string) reply {
		return f.post(completions, strings.Replace(question(prompt), "{", `{"stream":true,`, 1), acme)
	}
	first, second := ask("0"), ask("1")
	if first.cache() != "MISS" || second.cache() != "HIT_L2" || second.body != first.body ||
		second.header.Get("Content-Type") != "text/event-stream" || !strings.HasSuffix(second.body, "data: [DONE]\n\n") {
		t.Errorf("got %s, then %+v", first.cache(), second)
	}
	f.wantCache("MISS", "", "1", acme)
}

// Of a question of 10,000 words, the start is embedded.
func TestSimilarLongText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("The parties agree on that. ", 2000)
	var got string
	lexical := devgateway.Lexical()
	f := start(t, devgateway.WithSimilar(embedder(func(ctx context.Context, text string) ([]float32, error) {
		got = text
		return lexical.Embed(ctx, text)
	}), 0.92))
	acme := tenant(t, "acme")
	f.wantCache("MISS", "", long+"Which law governs it?", acme)
	f.wantCache("HIT_L2", "", long+"Who owns the deliverables?", acme)
	if got != long[:32<<10] {
		t.Errorf("embedded %d bytes, want the first %d", len(got), 32<<10)
	}
}
