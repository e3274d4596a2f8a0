package guide

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

func TestDepsByHandAreTheSame(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client()
	send := func(change func(*http.Request) *http.Request) devgateway.Completion {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gateway.URL()+"/v1/chat/completions",
			strings.NewReader(`{"model":"m","messages":[{"role":"user","content":"What notice?"}]}`))
		check(t, err)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.HTTPClient().Do(change(req))
		check(t, err)
		check(t, resp.Body.Close())
		requests := gateway.Requests()
		return requests[len(requests)-1]
	}

	byHand := send(func(req *http.Request) *http.Request { requestByHand(req, contract); return req })
	generated := send(func(req *http.Request) *http.Request { return request(req, contract) })
	both := send(func(req *http.Request) *http.Request { requestByHand(req, "other"); return request(req, contract) })

	if !slices.Equal(byHand.Deps, generated.Deps) || generated.Cache != devgateway.HitL1 {
		t.Errorf("by hand %v, generated %v, %s: want the same, and a hit", byHand.Deps, generated.Deps, generated.Cache)
	}
	if len(both.Deps) != 2 {
		t.Errorf("got %v, want the dep of the header and that of the context", both.Deps)
	}
}

func TestInvalidatingByHandReachesGeneratedTags(t *testing.T) {
	t.Parallel()
	d, gateway, ctx := newDesk(t)
	_, err := d.Ask(ctx, contract)
	check(t, err)

	check(t, changedByHand(ctx, gateway.Client(), contract))

	gateway.RequireInvalidated(cachecore.NewDep("doc:" + contract))
	gateway.RequireNotInvalidated(deps.DepTable(deps.TableDocs)) // a string has no relations
	if n := gateway.Invalidations()[0].KeysDeleted; n != 1 {
		t.Errorf("%d answers were dropped, want 1", n)
	}
}
