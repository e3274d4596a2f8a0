package conformance

import (
	"slices"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
)

// testGateway tests the SDK over the life of a cached answer on the local
// gateway, which numbers the answers that are not cached.
func testGateway(t *testing.T, d Driver, m mode) {
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client(quiet)
	t.Cleanup(client.Transport().CloseIdleConnections)
	sdk, err := d.New(client, gateway.URL(), key)
	if err != nil {
		t.Fatal(err)
	}
	other := cachecore.NewDep("doc:contract-456")
	var answers []string
	ask := func(want cachecore.Status) {
		t.Helper()
		ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract))
		text, err := m.ask(ctx, sdk, "What notice?")
		if err != nil {
			t.Fatal(err)
		}
		if got := call.Status().Status; got != want {
			t.Errorf("answer %q is a %s, want %s", text, got, want)
		}
		answers = append(answers, text)
	}
	invalidate := func(d cachecore.Dep) {
		t.Helper()
		if err := client.Invalidate(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	ask(cachecore.Miss)
	ask(cachecore.HitL1)
	invalidate(other)
	ask(cachecore.HitL1)
	invalidate(contract)
	ask(cachecore.Miss)
	if want := []string{"#1 What notice?", "#1 What notice?", "#1 What notice?", "#2 What notice?"}; !slices.Equal(answers, want) {
		t.Errorf("answers are %q, want %q", answers, want)
	}
	gateway.RequireTagged(contract)
}
