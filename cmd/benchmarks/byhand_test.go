package main

import (
	"net/http"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// Both sides of the comparison send the same header.
func TestSetDeps(t *testing.T) {
	t.Parallel()
	base := &recorder{}
	client, err := cachecore.New("http://gateway.test", "token", cachecore.WithBaseTransport(base))
	if err != nil {
		t.Fatal(err)
	}
	req, err := llmRequest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	deps := contracts(manyDeps)
	if err := send(client.Transport(), req.WithContext(cachecore.WithDeps(t.Context(), deps...))); err != nil {
		t.Fatal(err)
	}
	if err := setDeps(req, handmade(deps)); err != nil {
		t.Fatal(err)
	}
	if got, want := req.Header.Get("X-Cachecore-Deps"), base.header.Get("X-Cachecore-Deps"); got != want || got == "" {
		t.Errorf("by hand %q, the client sends %q", got, want)
	}
}

// recorder keeps the header of the latest request.
type recorder struct{ header http.Header }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.header = req.Header
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}
