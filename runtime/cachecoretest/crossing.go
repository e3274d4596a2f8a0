package cachecoretest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/internal/prompt"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// AllowCrossing lets the gateway answer a request from an answer that depends
// on other data (a HIT_L2 whose deps differ). By default, such a hit fails the
// test at its end, unless its client reports to [Gateway.Observer] that it
// refused the answer: see [cachecore.ExactOnly]. Only a gateway with
// [devgateway.WithSimilar] has such hits.
func AllowCrossing() GatewayOption {
	return gatewayOption(func(s *settings) { s.allowCrossing = true })
}

// keepApart is how to keep similar questions about different data apart.
const keepApart = "put the data into the system message, or end it with cachecore.Scope (docs/similar.md)"

// maxListed limits the number of pairs that a message lists.
const maxListed = 10

// crossings records the requests, of all tenants, that were answered from other
// data, and the answers that clients refused because of [cachecore.ExactOnly].
type crossings struct {
	mu      sync.Mutex
	seen    []devgateway.Completion
	refused map[string]int // by the tenant and the deps of the request, and the similarity
}

// watch fails the test at its end for each crossing, unless they are allowed.
func (cs *crossings) watch(tb testingT, allowed bool) {
	tb.Helper()
	if !allowed {
		tb.Cleanup(func() { cs.report(tb) })
	}
}

func (cs *crossings) add(c devgateway.Completion) {
	if c.Cache != devgateway.HitL2 || sameDeps(c.Deps, c.EntryDeps) {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.seen = append(cs.seen, c)
}

// refuse records that a client discarded an answer. The request as it was sent
// has the deps that the gateway received: the event's may be finer.
func (cs *crossings) refuse(sent http.Header, similarity float64) {
	deps, err := depsOf(sent)
	if err != nil {
		return // the gateway has refused the request
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.refused == nil {
		cs.refused = map[string]int{}
	}
	cs.refused[answered(tenantOf(sent.Get(wire.HeaderToken)), deps, similarity)]++
}

// reached returns the crossings whose answers were not discarded.
func (cs *crossings) reached() []devgateway.Completion {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(cs.seen), func(c devgateway.Completion) bool {
		k := answered(c.Tenant, newDeps(c.Deps), c.Similarity)
		if cs.refused[k] == 0 {
			return false
		}
		cs.refused[k]--
		return true
	})
}

// answered identifies an answer by its properties that both the client and the
// gateway know.
func answered(tenant string, deps []cachecore.Dep, similarity float64) string {
	texts := make([]string, len(deps))
	for i, d := range deps {
		texts[i] = fmt.Sprintf("%q %q", d.ID(), d.Hash())
	}
	slices.Sort(texts)
	return fmt.Sprintf("%q %.2f %s", tenant, similarity, texts)
}

func (cs *crossings) report(tb testingT) {
	tb.Helper()
	all := cs.reached()
	for i, c := range all {
		if i == maxListed {
			tb.Errorf("cachecoretest: %d more requests were answered from other data", len(all)-i)
			return
		}
		of := ""
		if c.Tenant != testTenant {
			of = fmt.Sprintf(" of tenant %q", c.Tenant)
		}
		tb.Errorf("cachecoretest: request%s was answered from other data (HIT_L2, similarity %.2f): %s depends on %s, the answer on %s; %s, or give AllowCrossing if the test means it",
			of, c.Similarity, quoted(prompt.UserText(c.Body)), list(newDeps(c.Deps)), list(newDeps(c.EntryDeps)), keepApart)
	}
}

// sameDeps reports whether both have the same ids with the same hashes, in any
// order. Each has an id once.
func sameDeps(a, b []devgateway.Dep) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(d devgateway.Dep) bool { return !slices.Contains(b, d) })
}

func newDeps(deps []devgateway.Dep) []cachecore.Dep {
	out := make([]cachecore.Dep, len(deps))
	for i, d := range deps {
		out[i] = newDep(d.ID, d.Hash)
	}
	return out
}

// quoted quotes a text, of a long one the start and the end.
func quoted(text string) string {
	const most = 40 // runes of each
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= 2*most {
		return fmt.Sprintf("%q", string(runes))
	}
	return fmt.Sprintf("%q", string(runes[:most])+" … "+string(runes[len(runes)-most:]))
}
