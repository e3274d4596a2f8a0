package devgateway

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
)

// A request embeds its own question if it waited for a refresh that did not
// take place.
func TestSimilarWithoutALeader(t *testing.T) {
	t.Parallel()
	g, err := New(WithSecret(make([]byte, 32)), WithSimilar(Lexical(), 0.9))
	if err != nil {
		t.Fatal(err)
	}
	x := g.newExchange(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", http.NoBody))
	q := &cacheable{call: call{body: []byte(`{"messages":[{"role":"user","content":"hello"}]}`)}}
	if g.serveSimilar(x, q, &cache.Flight{}, false) || q.Question == nil || x.unembedded != nil {
		t.Errorf("question %v, %v", q.Question, x.unembedded)
	}
}
