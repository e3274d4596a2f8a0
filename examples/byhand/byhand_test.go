package byhand

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/depgen/depgen/runtime/cachecoretest"
)

// TestByHandNothingIsDropped shows that the mistake goes unnoticed: every call
// succeeds, and the old answer stays.
func TestByHandNothingIsDropped(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	ask := func() string {
		body := bytes.NewBufferString(`{"model":"m","messages":[{"role":"user","content":"What notice?"}]}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gateway.URL()+"/v1/chat/completions", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Cachecore-Token", gateway.Token())
		tag(req, "contract-123")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return resp.Header.Get("X-Cache")
	}
	if got := ask(); got != "MISS" {
		t.Fatalf("first answer: %s, want MISS", got)
	}
	changed(t.Context(), gateway.URL(), "contract-123")
	if got := ask(); got != "HIT_L1" {
		t.Errorf("after the change: %s; the page promises a stale HIT_L1 here", got)
	}
}
