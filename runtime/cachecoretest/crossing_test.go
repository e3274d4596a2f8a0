package cachecoretest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

func doc(n int) cachecore.Dep { return cachecore.NewDep(fmt.Sprintf("doc:%d", n)) }

func lexical(threshold float64) GatewayOption {
	return WithEngine(devgateway.WithSimilar(devgateway.Lexical(), threshold))
}

const notice = "What notice does contract-%d need?"

func TestGateway_CrossingFailsTheTest(t *testing.T) {
	t.Parallel()
	const fix = "; put the data into the system message, or end it with cachecore.Scope (docs/similar.md), or give AllowCrossing if the test means it"
	for name, tt := range map[string]struct {
		first, second []cachecore.Dep
		opts          []GatewayOption
		want          string // empty if the test passes
	}{
		"other data":      {[]cachecore.Dep{doc(1)}, []cachecore.Dep{doc(2)}, nil, `"What notice does contract-2 need?" depends on doc:2, the answer on doc:1`},
		"another version": {[]cachecore.Dep{doc(1).WithHash("7")}, []cachecore.Dep{doc(1).WithHash("8")}, nil, `"What notice does contract-2 need?" depends on doc:1@8, the answer on doc:1@7`},
		"less data":       {[]cachecore.Dep{doc(1), doc(2)}, []cachecore.Dep{doc(1)}, nil, `"What notice does contract-2 need?" depends on doc:1, the answer on doc:1, doc:2`},
		"more data":       {[]cachecore.Dep{doc(1)}, []cachecore.Dep{doc(1), doc(2)}, nil, `"What notice does contract-2 need?" depends on doc:1, doc:2, the answer on doc:1`},
		"no deps":         {[]cachecore.Dep{doc(1)}, nil, nil, `"What notice does contract-2 need?" depends on nothing, the answer on doc:1`},
		"the same data":   {[]cachecore.Dep{doc(2), doc(1)}, []cachecore.Dep{doc(1), doc(2)}, nil, ""},
		"allowed":         {[]cachecore.Dep{doc(1)}, []cachecore.Dep{doc(2)}, []GatewayOption{AllowCrossing()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			g := newGateway(tb, append(tt.opts, lexical(0.92)))
			client := g.Client().HTTPClient()
			ask(t, client, question(t, g.URL(), fmt.Sprintf(notice, 1), false, tt.first...))
			if _, h, _ := ask(t, client, question(t, g.URL(), fmt.Sprintf(notice, 2), false, tt.second...)); h.Get("X-Cache") != "HIT_L2" {
				t.Fatalf("got %s, want HIT_L2", h.Get("X-Cache"))
			}
			if tt.want == "" {
				requireFailures(t, tb.finish())
				return
			}
			requireFailures(t, tb.finish(), "cachecoretest: request was answered from other data (HIT_L2, similarity 1.00): "+tt.want+fix)
		})
	}
}

// Crossings of every tenant count, and a message names another than "test".
func TestGateway_CrossingOfAnotherTenant(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, []GatewayOption{lexical(0.92)})
	acme, err := cachecore.New(g.URL(), g.Token(devgateway.Claims{Tenant: "acme"}))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		ask(t, acme.HTTPClient(), question(t, g.URL(), fmt.Sprintf(notice, n), false, doc(n)))
	}
	requireFailures(t, tb.finish(), `cachecoretest: request of tenant "acme" was answered from other data`)
}

func TestGateway_CrossingsAreListedUpToALimit(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	g := newGateway(tb, []GatewayOption{lexical(0.92)})
	client := g.Client().HTTPClient()
	for n := range 15 {
		ask(t, client, question(t, g.URL(), strings.Repeat("a long text around it ", 10)+fmt.Sprintf(notice, n), false, doc(n)))
	}
	got := tb.finish()
	if len(got) != 11 || got[10] != "cachecoretest: 4 more requests were answered from other data" {
		t.Fatalf("%d failures, the last: %s", len(got), got[len(got)-1])
	}
	if want := `"a long text around it a long text around … und it What notice does contract-1 need?"`; !strings.Contains(got[0], want) {
		t.Errorf("no %s in %s", want, got[0])
	}
}
