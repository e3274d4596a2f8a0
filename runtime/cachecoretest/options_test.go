package cachecoretest

import (
	"net/http"
	"testing"
)

// A stub sets only the fields that it needs, and omits those that a server
// adds.
func TestWithUpstream_CompletesABareResponse(t *testing.T) {
	t.Parallel()
	bare := roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusPaymentRequired}, nil
	})
	g := NewGateway(t, WithUpstream(bare))
	for name, tt := range map[string]struct {
		client *http.Client
		url    string
	}{
		"recorder": {NewRecorder(t, WithUpstream(bare)).HTTPClient(), "http://llm.test"},
		"gateway":  {g.Client().HTTPClient(), g.URL()},
	} {
		if code, _, body := ask(t, tt.client, question(t, tt.url, "q", false)); code != http.StatusPaymentRequired || body != "" {
			t.Errorf("%s: %d %q, want 402 and no body", name, code, body)
		}
	}
}

func TestWithUpstream_NilFailsTheTest(t *testing.T) {
	t.Parallel()
	const want = "cachecoretest: WithUpstream: the RoundTripper is nil; leave the option out"
	tb := &fakeT{}
	newRecorder(tb, []RecorderOption{WithUpstream(nil)})
	requireFailures(t, tb.finish(), want)
	tb = &fakeT{}
	newGateway(tb, []GatewayOption{WithUpstream(nil)})
	requireFailures(t, tb.finish(), want)
}
