package python

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// request is an LLM request that both clients can send, byte for byte the same.
type request struct {
	url           string
	body          string
	deps          [][]cachecore.Dep // the deps of the nested contexts, the outermost first
	bypass        bool              // whether the innermost context is a bypass
	authorization string            // set by the SDK
}

// answer is the answer that the caller gets, with the status as each client
// parses it.
type answer struct {
	Text       string  `json:"text"`
	Status     string  `json:"status"`
	Similarity float64 `json:"similarity"`
	Age        int     `json:"age"`
}

// sender is either client.
type sender interface {
	post(t *testing.T, r request) answer
}

type ours struct{ *cachecore.Client }

func newOurs(t *testing.T, gateway, token string, opts ...cachecore.Option) ours {
	t.Helper()
	opts = append(opts, cachecore.WithLogger(slog.New(slog.DiscardHandler)))
	client, err := cachecore.New(gateway, token, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the gateway of background calls has already closed
		_ = client.Close(ctx)
	})
	return ours{client}
}

func (o ours) post(t *testing.T, r request) answer {
	t.Helper()
	ctx, call := cachecore.WithCall(t.Context())
	for _, deps := range r.deps {
		ctx = cachecore.WithDeps(ctx, deps...) //nolint:fatcontext // nesting is what is tested
	}
	if r.bypass {
		ctx = cachecore.WithBypass(ctx)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if r.authorization != "" {
		req.Header.Set("Authorization", r.authorization)
	}
	resp, err := o.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return newAnswer(string(text), call.Status())
}

func newAnswer(text string, s cachecore.CacheStatus) answer {
	return answer{Text: text, Status: string(s.Status), Similarity: s.Similarity, Age: int(s.Age.Seconds())}
}

// wireDep is a dep in the protocol's format.
type wireDep = loopback.Dep

func wireDeps(deps []cachecore.Dep) []wireDep {
	wire := make([]wireDep, len(deps))
	for i, d := range deps {
		wire[i] = wireDep{ID: d.ID(), Hash: d.Hash()}
	}
	return wire
}
