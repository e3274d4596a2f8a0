package cachecore_test

import (
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// Anthropic's SDK renews its credential at its base URL, the gateway, with the
// context of the call that needs it, from a goroutine that may outlive the
// call.
func TestTransport_LoginAtTheGatewayCarriesNeither(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, nil) // it answers X-Cache: MISS
	logs := &logBuffer{}
	c := newClient(t, gateway.URL, logs.option())
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
	send(ctx, t, c, gateway.URL+"/v1/oauth/token", "X-Other", "stays", "X-Api-Key", testToken)

	login := gateway.only(t)
	requireUntagged(t, login.Header)
	if login.Header.Get("X-Other") != "stays" {
		t.Error("a header that is not ours was removed")
	}
	if s := call.Statuses(); len(s) != 0 {
		t.Errorf("statuses %v were taken from a login", s)
	}
	if logs.String() != "" {
		t.Errorf("there is nothing to log: %s", logs)
	}
	post(ctx, t, c.HTTPClient(), gateway.URL)
	if h := gateway.requests()[1].Header; h.Get("X-Cachecore-Token") != testToken || len(depsOf(t, h)) != 1 {
		t.Errorf("the LLM request got %v", h)
	}
}
