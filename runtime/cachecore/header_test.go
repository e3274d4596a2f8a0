package cachecore_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestHeader_IsTheDocumentedJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dep  cachecore.Dep
		want string
	}{
		{"documented", cachecore.NewDep("doc:contract-123"), `[{"dep_id":"doc:contract-123","expected_hash":"v1"}]`},
		{"not ASCII", cachecore.NewDep("doc:Prüfung-日本"), `[{"dep_id":"doc:Prüfung-日本","expected_hash":"v1"}]`},
		{"quotes", cachecore.NewDep(`doc:"a"\b`), `[{"dep_id":"doc:\"a\"\\b","expected_hash":"v1"}]`},
		{"markup", cachecore.NewDep("doc:<&>"), `[{"dep_id":"doc:<&>","expected_hash":"v1"}]`},
		{"line break", cachecore.NewDep("doc:a\nb"), `[{"dep_id":"doc:a\nb","expected_hash":"v1"}]`},
		{"version", cachecore.NewDep("sku:1").WithHash("4\u00e9"), `[{"dep_id":"sku:1","expected_hash":"4é"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := sentWith(cachecore.WithDeps(t.Context(), tt.dep), t)
			if got, want := h.Get("X-Cachecore-Deps"), base64.RawURLEncoding.EncodeToString([]byte(tt.want)); got != want {
				text, _ := base64.RawURLEncoding.DecodeString(got)
				t.Errorf("header %q is %s, want %s", got, text, tt.want)
			}
		})
	}
}

func FuzzHeaderRoundTrip(f *testing.F) {
	f.Add("doc:contract-123", "v1", "sku:7", "42")
	f.Add("doc:\u2028\x00\"", "é", "doc:\x7f<>", "\\")
	f.Add("a", "a", "a", "b")
	f.Add("\xff", "v1", "", "")
	f.Fuzz(func(t *testing.T, id1, hash1, id2, hash2 string) {
		deps := []cachecore.Dep{cachecore.NewDep(id1).WithHash(hash1), cachecore.NewDep(id2).WithHash(hash2)}
		want := []wireDep{{id1, hash1}, {id2, hash2}}
		if id1 == id2 {
			want = want[:1]
		}
		if deps[0].Err() != nil || deps[1].Err() != nil || id1 == id2 && hash1 != hash2 {
			want = nil // sent as a bypass
		}
		declared := sentWith(cachecore.WithDeps(t.Context(), deps...), t, cachecore.WithHeaderBudget(1<<30))
		if got := depsOf(t, declared); !reflect.DeepEqual(got, want) {
			t.Fatalf("sent %q, want %q", got, want)
		}
		if want == nil {
			return
		}
		// The same header, written by hand, is read back as the same deps.
		c := inMemory(t, scripted("HIT_L1"), cachecore.WithHeaderBudget(1<<30))
		ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), deps...))
		post(ctx, t, c.HTTPClient(), "http://gateway.test", "X-Cachecore-Deps", declared.Get("X-Cachecore-Deps"))
		if s := call.Status(); s.Err != nil {
			t.Errorf("the header is not read as what was written: %v", s.Err)
		}
	})
}

func numbered(prefix string, n int, of ...cachecore.Dep) []cachecore.Dep {
	deps := make([]cachecore.Dep, n)
	for i := range deps {
		deps[i] = cachecore.NewDep(fmt.Sprintf("%s:%05d", prefix, i)).PartOf(of...)
	}
	return deps
}

func TestHeaderBudget_Coarsens(t *testing.T) {
	t.Parallel()
	docs, notes := cachecore.NewDep("table:docs"), cachecore.NewDep("table:notes")
	tests := []struct {
		name string
		deps []cachecore.Dep
		want string // the ids, or how the error begins
	}{
		{"largest whole first", append(numbered("note", 3, notes), numbered("doc", 150, docs)...), "note:00000 note:00001 note:00002 table:docs"},
		{"as many as it takes", append(numbered("note", 150, notes), numbered("doc", 150, docs)...), "table:notes table:docs"},
		{"the whole is there already", append([]cachecore.Dep{docs}, numbered("doc", 150, docs)...), "table:docs"},
		{"two steps up", numbered("line", 200, docs.PartOf(notes)), "table:docs"},
		{"groups stay", grouped(long("doc", docs), cachecore.NewDep("team:1")), "table:docs team:1"},
		{"groups of the whole come in", long("doc", docs.GroupedBy(cachecore.NewDep("org:1"))), "table:docs org:1"},
		{"those too are coarsened", long("doc", docs.GroupedBy(long("org", notes)...)), "table:docs table:notes"},
		{"no wholes", numbered("doc", 200), "error: 200 deps take "},
		{"wholes too long", wholesTooLong(), "error: 3 deps take "},
		{"wholes too many", eachOfItsOwn(200), "error: 200 deps take "},
		{"whole invalid", numbered("doc", 150, cachecore.NewDep("")), "error: dep \"\" has an empty id"},
		{"whole with another hash", append(numbered("doc", 150, docs), docs.WithHash("7")), "error: dep \"table:docs\" is declared with the hashes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := inMemory(t, func(req *http.Request) (*http.Response, error) {
				resp := answer(req, 200, "HIT_L1", "")
				resp.Header.Set("Sent", strings.Join(idsOf(t, req.Header), " "))
				return resp, nil
			})
			ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), tt.deps...))
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/", nil)
			resp, err := c.Transport().RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			got := resp.Header.Get("Sent")
			if err := call.Status().Err; err != nil {
				got = "error: " + err.Error()
			}
			if got != tt.want && (!strings.HasPrefix(tt.want, "error") || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("got %.200s, want %s", got, tt.want)
			}
		})
	}
}

// long returns three deps that do not fit into the default budget.
func long(prefix string, of ...cachecore.Dep) []cachecore.Dep {
	deps := make([]cachecore.Dep, 3)
	for i := range deps {
		deps[i] = cachecore.NewDep(fmt.Sprintf("%s:%d%s", prefix, i, strings.Repeat("x", 3000))).PartOf(of...)
	}
	return deps
}

func grouped(deps []cachecore.Dep, by cachecore.Dep) []cachecore.Dep {
	for i := range deps {
		deps[i] = deps[i].GroupedBy(by)
	}
	return deps
}

func wholesTooLong() []cachecore.Dep {
	deps := numbered("doc", 150)
	for i, wholes := 0, long("table"); i < len(deps); i++ {
		deps[i] = deps[i].PartOf(wholes[i%len(wholes)])
	}
	return deps
}

func eachOfItsOwn(n int) []cachecore.Dep {
	deps := numbered("doc", n)
	for i := range deps {
		deps[i] = deps[i].PartOf(cachecore.NewDep(fmt.Sprintf("book:%05d", i)))
	}
	return deps
}

func TestHeaderBudget_CountsTheWholeLine(t *testing.T) {
	t.Parallel()
	ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
	line := len("X-Cachecore-Deps: ") + len(sentWith(ctx, t).Get("X-Cachecore-Deps"))
	if h := sentWith(ctx, t, cachecore.WithHeaderBudget(line)); h.Get("X-Cachecore-Deps") == "" {
		t.Errorf("a line of %d bytes does not fit into as many", line)
	}
	if h := sentWith(ctx, t, cachecore.WithHeaderBudget(line-1)); h.Get("X-Cachecore-Token") != "" {
		t.Errorf("a line of %d bytes fits into one less", line)
	}
}

// Two clients may send the same context within different budgets.
func TestHeaderBudget_IsTheClients(t *testing.T) {
	t.Parallel()
	deps := slices.Concat(numbered("doc", 20, cachecore.NewDep("table:docs")), numbered("note", 5, cachecore.NewDep("table:notes")))
	ctx := cachecore.WithDeps(t.Context(), deps...)
	for range 2 {
		for budget, want := range map[int]int{200: 2, 600: 6, 8000: 25} {
			if n := len(idsOf(t, sentWith(ctx, t, cachecore.WithHeaderBudget(budget)))); n != want {
				t.Errorf("%d deps within %d bytes, want %d", n, budget, want)
			}
		}
	}
}

// For all deps, the request carries each dep or a whole that is invalidated
// with it, within the budget. Otherwise it carries no data of the tenant.
func TestHeaderBudget_NeverDropsADep(t *testing.T) {
	t.Parallel()
	fits, fails, coarsened := 0, 0, 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		deps := randomDeps(rnd)
		budget := 100 + rnd.IntN(4000)
		h := sentWith(cachecore.WithDeps(t.Context(), deps...), t, cachecore.WithHeaderBudget(budget))
		if h.Get("X-Cachecore-Token") == "" {
			requireUntagged(t, h)
			fails++
			continue
		}
		fits++
		if line := len("X-Cachecore-Deps: ") + len(h.Get("X-Cachecore-Deps")); line > budget {
			t.Errorf("seed %d: %d bytes in a budget of %d", seed, line, budget)
		}
		sent := map[string]bool{}
		for _, id := range idsOf(t, h) {
			sent[id] = true
		}
		for _, d := range deps {
			if !sent[d.ID()] {
				coarsened++
			}
			found := false
			for _, e := range cachecore.Expand(d) {
				found = found || sent[e.ID()]
			}
			if !found {
				t.Errorf("seed %d: nothing that is invalidated with %s is sent", seed, d)
			}
		}
	}
	if fits == 0 || fails == 0 || coarsened == 0 {
		t.Errorf("the seeds try too little: %d fit, %d do not, %d deps coarsened", fits, fails, coarsened)
	}
}

// randomDeps makes deps with up to three levels of wholes, and groups that have
// wholes. As in generated code, an id always has the same relations.
func randomDeps(rnd *rand.Rand) []cachecore.Dep {
	dep := func(kind string, n int) cachecore.Dep {
		return cachecore.NewDep(fmt.Sprintf("%s:%d%s", kind, n, strings.Repeat("é\"", n%3)))
	}
	deps := make([]cachecore.Dep, 1+rnd.IntN(80))
	for i := range deps {
		n := rnd.IntN(1000)
		d := dep("doc", n)
		if n%5 > 0 {
			whole := dep("table", n%5)
			if n%5 > 2 {
				whole = whole.PartOf(dep("db", 1))
			}
			d = d.PartOf(whole)
		}
		if n%7 < 3 {
			d = d.GroupedBy(dep("team", n%7).PartOf(dep("org", n%7/2)))
		}
		deps[i] = d
	}
	return deps
}
