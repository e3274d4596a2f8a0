package cachecoretest

import (
	"fmt"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

// A crossing that the client refuses reaches nobody. All others fail the test,
// also beside refused ones.
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

// Two requests that refuse similar answers cannot get each other's. A request
// that accepts them can get the answer to one that does not.
func TestRecorder_RequireDistinctAndExactOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		exact []bool
		fails bool
	}{
		"both":       {[]bool{true, true}, false},
		"the first":  {[]bool{true, false}, true},
		"the second": {[]bool{false, true}, true},
		"neither":    {[]bool{false, false}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			rec := newRecorder(tb, nil)
			for i, exact := range tt.exact {
				req := question(t, "http://llm.test", fmt.Sprintf(notice, i), false)
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
