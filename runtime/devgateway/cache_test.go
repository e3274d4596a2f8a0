package devgateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

func TestWindows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		claims devgateway.Claims
		after  time.Duration
		want   string
		age    string
	}{
		{"at once", devgateway.Claims{}, 0, "HIT_L1", "0"},
		{"part of a second", devgateway.Claims{}, 1999 * time.Millisecond, "HIT_L1", "1"},
		{"last fresh second", devgateway.Claims{}, 2999 * time.Second, "HIT_L1", "2999"},
		{"first stale second", devgateway.Claims{}, 3000 * time.Second, "HIT_L1_STALE", "3000"},
		{"last stale second", devgateway.Claims{}, 3599 * time.Second, "HIT_L1_STALE", "3599"},
		{"gone", devgateway.Claims{}, 3600 * time.Second, "MISS", "0"},
		{"clock set back", devgateway.Claims{}, -time.Hour, "HIT_L1", "0"},
		{"claimed fresh", devgateway.Claims{FreshTTL: 5 * time.Second}, 4 * time.Second, "HIT_L1", "4"},
		{"claimed fresh is over", devgateway.Claims{FreshTTL: 5 * time.Second}, 5 * time.Second, "HIT_L1_STALE", "5"},
		{"claimed stale is over", devgateway.Claims{FreshTTL: 5 * time.Second, StaleWindow: 2 * time.Second}, 7 * time.Second, "MISS", "0"},
		{"claimed no stale", devgateway.Claims{StaleWindow: -1}, 3000 * time.Second, "MISS", "0"},
		{"claimed never fresh", devgateway.Claims{FreshTTL: -1}, 0, "HIT_L1_STALE", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			tt.claims.Tenant = "acme"
			f.wantCache("MISS", `{"choices":[1]}`, "hello", claims(t, tt.claims))
			f.clock.advance(tt.after)
			got := f.ask("hello", claims(t, tt.claims))
			similarity := "1.00"
			if tt.want == "MISS" {
				similarity = "0.00"
			}
			for name, want := range map[string]string{"X-Cache": tt.want, "X-Cache-Age": tt.age, "X-Cache-Similarity": similarity} {
				if got := got.header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	base := devgateway.Claims{Tenant: "acme", Project: "p", PolicyVersion: "1", Roles: []string{"reader", "writer"}, Scope: "eu"}
	change := func(f func(*devgateway.Claims)) devgateway.Claims { c := base; f(&c); return c }
	tests := []struct {
		name   string
		claims devgateway.Claims
		want   string
	}{
		{"same", base, "HIT_L1"},
		{"roles in another order, one twice", change(func(c *devgateway.Claims) { c.Roles = []string{"writer", "reader", "writer"} }), "HIT_L1"},
		{"another project", change(func(c *devgateway.Claims) { c.Project = "q" }), "HIT_L1"},
		{"another tenant", change(func(c *devgateway.Claims) { c.Tenant = "other" }), "MISS"},
		{"another policy version", change(func(c *devgateway.Claims) { c.PolicyVersion = "2" }), "MISS"},
		{"fewer roles", change(func(c *devgateway.Claims) { c.Roles = []string{"reader"} }), "MISS"},
		{"roles run together", change(func(c *devgateway.Claims) { c.Roles = []string{"readerwriter"} }), "MISS"},
		{"no roles", change(func(c *devgateway.Claims) { c.Roles = nil }), "MISS"},
		{"another scope", change(func(c *devgateway.Claims) { c.Scope = "us" }), "MISS"},
		{"tenant and policy run together", change(func(c *devgateway.Claims) { c.Tenant, c.PolicyVersion = "acme1", "" }), "MISS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.wantCache("MISS", "", "hello", claims(t, base), deps("doc:1"))
			f.wantCache(tt.want, "", "hello", claims(t, tt.claims), deps("doc:1"))
		})
	}
}

func TestKeyIsTheRawBody(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme := tenant(t, "acme")
	for i, body := range []string{
		`{"messages":[{"role":"user","content":"a"}]}`,
		`{"messages": [{"role":"user","content":"a"}]}`,
		`{"messages":[{"role":"user","content":"a"}],"temperature":0}`,
		`{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}`,
		`{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function"}]}`,
	} {
		for _, want := range []string{"MISS", "HIT_L1"} {
			got := f.post(completions, body, acme)
			if got.cache() != want || got.body != fmt.Sprintf(`{"choices":[%d]}`, i+1) {
				t.Errorf("%s: %s %s, want %s", body, got.cache(), got.body, want)
			}
		}
	}
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme, other := tenant(t, "acme"), tenant(t, "other")
	reader := claims(t, devgateway.Claims{Tenant: "acme", Roles: []string{"reader"}})
	f.wantCache("MISS", "", "one", acme, deps("doc:1", "table:docs"))
	f.wantCache("MISS", "", "one", reader, deps("doc:1", "table:docs"))
	f.wantCache("MISS", "", "two", acme, deps("doc:2", "table:docs"))
	f.wantCache("MISS", "", "none", acme)
	f.wantCache("MISS", "", "one", other, deps("doc:1"))

	f.drop(0, `{"dep_id":"doc:3"}`, acme)
	f.drop(2, `{"dep_id":"doc:1"}`, acme)
	f.drop(0, `{"dep_id":"doc:1","new_hash":null}`, acme)
	f.wantCache("HIT_L1", "", "one", other, deps("doc:1"))
	f.wantCache("HIT_L1", "", "two", acme, deps("doc:2", "table:docs"))
	f.wantCache("MISS", "", "one", acme, deps("doc:1", "table:docs"))

	f.drop(2, `{"dep_id":"table:docs","new_hash":"0b0e7a1c-6f0e-4c1e-9f0a-3c1d2e4f5a6b"}`, acme)
	f.wantCache("MISS", "", "two", acme, deps("doc:2", "table:docs"))
	f.wantCache("HIT_L1", "", "none", acme)
	f.wantCache("HIT_L1", "", "one", other, deps("doc:1"))

	f.drop(2, `{"dep_id":"cc:policy-version"}`, acme)
	f.wantCache("MISS", "", "none", acme)
	f.wantCache("HIT_L1", "", "one", other, deps("doc:1"))
}

func TestInvalidateRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		headers    []header
		status     int
		code       string
	}{
		{"no token", `{"dep_id":"doc:1"}`, []header{unset("Authorization")}, 401, "missing_token"},
		{"an SDK's key", `{"dep_id":"doc:1"}`, []header{bearer("sk-1")}, 401, "missing_token"},
		{"empty body", ``, nil, 400, "invalid_body"},
		{"no JSON", `dep_id`, nil, 400, "invalid_body"},
		{"array", `[{"dep_id":"doc:1"}]`, nil, 400, "invalid_body"},
		{"number", `{"dep_id":1}`, nil, 400, "invalid_body"},
		{"not UTF-8", "{\"dep_id\":\"doc:\xff\"}", nil, 400, "invalid_body"},
		{"empty id", `{"dep_id":""}`, nil, 400, "invalid_dep"},
		{"no id", `{}`, nil, 400, "invalid_dep"},
		{"null", `null`, nil, 400, "invalid_body"},
		{"half a surrogate pair", `{"dep_id":"doc:\ud800"}`, nil, 400, "invalid_body"},
		{"two ids", `{"dep_id":"doc:1","dep_id":"doc:2"}`, nil, 400, "invalid_body"},
		{"a key in upper case", `{"DEP_ID":"doc:1"}`, nil, 400, "invalid_dep"},
		{"something behind it", `{"dep_id":"doc:1"} {}`, nil, 400, "invalid_body"},
		{"long id", `{"dep_id":"` + strings.Repeat("x", 4097) + `"}`, nil, 400, "invalid_dep"},
		{"long hash", `{"dep_id":"x","new_hash":"` + strings.Repeat("x", 1025) + `"}`, nil, 400, "invalid_dep"},
		{"long body", `{"dep_id":"x"}` + strings.Repeat(" ", 64<<10), nil, 413, "body_too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithObserver(devgateway.Observer{
				Invalidation: func(i devgateway.Invalidation) { t.Errorf("%+v was carried out", i) },
			}))
			f.post(invalidate, tt.body, append([]header{tenant(t, "acme")}, tt.headers...)...).wantProblem(t, tt.status, tt.code)
		})
	}
}

// An entry answers only requests whose deps it carries. Otherwise a request
// could get an answer that an invalidation of its dep has not reached.
func TestHitCarriesTheDepsOfTheRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		first, next header
		want        string
	}{
		{"same", deps("a:1", "b:1"), deps("a:1", "b:1"), "HIT_L1"},
		{"another order", deps("a:1", "b:1"), deps("b:1", "a:1"), "HIT_L1"},
		{"one twice", deps("a:1"), deps("a:1", "a:1"), "HIT_L1"},
		{"fewer", deps("a:1", "b:1"), deps("b:1"), "HIT_L1"},
		{"none any more", deps("a:1"), unset("X-Cachecore-Deps"), "HIT_L1"},
		{"one more", deps("a:1"), deps("a:1", "b:1"), "MISS"},
		{"the first ones", deps(), deps("a:1"), "MISS"},
		{"another version", deps("a:1@7"), deps("a:1@8"), "MISS"},
		{"no version any more", deps("a:1@7"), deps("a:1"), "MISS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.wantCache("MISS", "", "hello", tenant(t, "acme"), tt.first)
			f.wantCache(tt.want, "", "hello", tenant(t, "acme"), tt.next)
		})
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithCacheBytes(3000)) // enough for five of these entries
	acme := tenant(t, "acme")
	for i := range 20 {
		f.wantCache("MISS", "", fmt.Sprint(i), acme)
		f.wantCache("HIT_L1", "", "0", acme) // the used entry stays
	}
	f.wantCache("HIT_L1", "", "19", acme)
	f.wantCache("MISS", "", "1", acme)
}

func TestAnswerLargerThanTheCache(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithCacheBytes(100))
	f.wantCache("MISS", `{"choices":[1]}`, "hello", tenant(t, "acme"))
	f.wantCache("MISS", `{"choices":[2]}`, "hello", tenant(t, "acme"))
}
