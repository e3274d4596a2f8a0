package cachecoretest

import (
	"fmt"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// A crossing that the client refuses reaches no caller. All others fail the test,
// even if there are refused ones too.
func TestGateway_CrossingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		exact []bool // of the requests that are answered from other data
		fails []string
	}{
		"refused":              {[]bool{true, true}, nil},
		"not refused":          {[]bool{false, false}, []string{"contract-1", "contract-2"}},
		"one refused":          {[]bool{true, false}, []string{"contract-2"}},
		"one refused, at last": {[]bool{false, true}, []string{"contract-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			g := newGateway(tb, []GatewayOption{lexical(0.92)})
			client := g.Client().HTTPClient()
			ask(t, client, question(t, g.URL(), fmt.Sprintf(notice, 0), false, doc(0)))
			for i, exact := range tt.exact {
				req, want := question(t, g.URL(), fmt.Sprintf(notice, i+1), false, doc(i+1)), "HIT_L2"
				if exact {
					req, want = req.WithContext(cachecore.ExactOnly(req.Context())), "BYPASS"
				}
				if _, h, _ := ask(t, client, req); h.Get("X-Cache") != want {
					t.Errorf("got %s, want %s", h.Get("X-Cache"), want)
				}
			}
			var want []string
			for _, contract := range tt.fails {
				want = append(want, `cachecoretest: request was answered from other data (HIT_L2, similarity 1.00): "What notice does `+contract)
			}
			requireFailures(t, tb.finish(), want...)
		})
	}
}

// A client may send wholes in place of the declared deps. The refusal is matched
// by the deps that the gateway received.
func TestGateway_CrossingsOfCoarsenedDepsThatAreRefused(t *testing.T) {
	t.Parallel()
	var parts []cachecore.Dep
	for n := range 20 {
		parts = append(parts, doc(n).PartOf(cachecore.NewDep("table:docs")))
	}
	for _, exact := range []bool{true, false} {
		tb := &fakeT{}
		g := newGateway(tb, []GatewayOption{lexical(0.92)})
		client := g.Client(cachecore.WithHeaderBudget(200)).HTTPClient()
		ask(t, client, question(t, g.URL(), fmt.Sprintf(notice, 0), false, doc(77)))
		req := question(t, g.URL(), fmt.Sprintf(notice, 1), false, parts...)
		if exact {
			req = req.WithContext(cachecore.ExactOnly(req.Context()))
		}
		ask(t, client, req)
		if got := g.Requests()[1]; got.Cache != devgateway.HitL2 || len(got.Deps) != 1 {
			t.Fatalf("got %s with %v, want a HIT_L2 with the whole", got.Cache, got.Deps)
		}
		var want []string
		if !exact {
			want = []string{`cachecoretest: request was answered from other data (HIT_L2, similarity 1.00): "What notice does contract-1 need?" depends on table:docs, the answer on doc:77`}
		}
		requireFailures(t, tb.finish(), want...)
	}
}

// One tenant's refusal does not excuse the same crossing of another.
func TestGateway_CrossingsThatAnotherTenantRefuses(t *testing.T) {
	t.Parallel()
	for _, refuses := range []string{"acme", "test"} {
		tb := &fakeT{}
		g := newGateway(tb, []GatewayOption{lexical(0.92)})
		for _, tenant := range []string{"test", "acme"} {
			c, err := cachecore.New(g.URL(), g.Token(devgateway.Claims{Tenant: tenant}), cachecore.WithObserver(g.Observer()))
			if err != nil {
				t.Fatal(err)
			}
			for n := range 2 {
				req := question(t, g.URL(), fmt.Sprintf(notice, n), false, doc(n))
				if tenant == refuses {
					req = req.WithContext(cachecore.ExactOnly(req.Context()))
				}
				ask(t, c.HTTPClient(), req)
			}
		}
		of := ""
		if refuses == "test" {
			of = ` of tenant "acme"`
		}
		requireFailures(t, tb.finish(), "cachecoretest: request"+of+" was answered from other data")
	}
}

func TestTenantOf(t *testing.T) {
	t.Parallel()
	for _, tenant := range []string{"test", "ä/\"?"} {
		token, err := devgateway.Mint([]byte(Secret), devgateway.Claims{Tenant: tenant})
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{token, wire.JWT(token)} {
			if got := tenantOf(form); got != tenant {
				t.Errorf("got %q, want %q", got, tenant)
			}
		}
	}
	for _, token := range []string{"", "a", "a.%.c", "a.e30.c", "a.bnVsbA.c", "a.WzFd.c"} {
		if got := tenantOf(token); got != noTenant {
			t.Errorf("%s: got %q", token, got)
		}
	}
}

// Two requests that refuse similar answers cannot get each other's. A request
// that accepts them can get the answer to one that does not.
func TestRecorder_RequireDistinctAndExactOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		contracts []int
		exact     []bool
		fails     bool
	}{
		"both":                  {[]int{1, 2}, []bool{true, true}, false},
		"the first":             {[]int{1, 2}, []bool{true, false}, true},
		"the second":            {[]int{1, 2}, []bool{false, true}, true},
		"neither":               {[]int{1, 2}, []bool{false, false}, true},
		"all, repeated":         {[]int{1, 2, 1, 2}, []bool{true, true, true, true}, false},
		"not the first again":   {[]int{1, 2, 1}, []bool{true, true, false}, true},
		"not the second again":  {[]int{1, 2, 2}, []bool{true, true, false}, true},
		"not the first at once": {[]int{1, 1, 2, 1}, []bool{true, false, true, true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			rec := newRecorder(tb, nil)
			for i, exact := range tt.exact {
				req := question(t, "http://llm.test", fmt.Sprintf(notice, tt.contracts[i]), false)
				if exact {
					req = req.WithContext(cachecore.ExactOnly(req.Context()))
				}
				ask(t, rec.HTTPClient(), req)
			}
			rec.RequireDistinct(devgateway.Lexical(), 0.92)
			if got := tb.finish(); (len(got) > 0) != tt.fails {
				t.Errorf("got %q", got)
			}
		})
	}
}
