package devgateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

// A late fill is an answer that was begun before an invalidation of its dep and
// ends after it. Here the upstream sends the invalidation while it answers.
func TestLateFills(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		strict     bool
		dep        string
		invalidate string
		want       string // the same request's cache status afterwards
	}{
		{"default hash is kept", false, "doc:1", `{"dep_id":"doc:1"}`, "HIT_L1"},
		{"default hash, strict", true, "doc:1", `{"dep_id":"doc:1"}`, "MISS"},
		{"default hash is the new one, strict", true, "doc:1", `{"dep_id":"doc:1","new_hash":"v1"}`, "HIT_L1"},
		{"old version", false, "doc:1@7", `{"dep_id":"doc:1","new_hash":"8"}`, "MISS"},
		{"old version, new one unknown", false, "doc:1@7", `{"dep_id":"doc:1"}`, "MISS"},
		{"new version", false, "doc:1@8", `{"dep_id":"doc:1","new_hash":"8"}`, "HIT_L1"},
		{"another dep", false, "doc:1@7", `{"dep_id":"doc:2","new_hash":"8"}`, "HIT_L1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var f *fixture
			during := func() { f.drop(0, tt.invalidate, tenant(t, "acme")) }
			next := counting()
			f = start(t, devgateway.WithStrictHash(tt.strict), devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
				during()
				during = func() {}
				return next(r)
			})))
			f.wantCache("MISS", `{"choices":[1]}`, "hello", tenant(t, "acme"), deps(tt.dep))
			f.wantCache(tt.want, "", "hello", tenant(t, "acme"), deps(tt.dep))
		})
	}
}

// A version may be spelt "v1" too. The last invalidation decides whether "v1"
// is a version: clients send a random UUID for data without one.
func TestVersionSpeltLikeTheDefaultHash(t *testing.T) {
	t.Parallel()
	const random, other = "0b0e7a1c-6f0e-4c1e-9f0a-3c1d2e4f5a6b", "7d2f4f0e-1c9b-4b7e-8a55-0f9e8d7c6b5a"
	tests := []struct {
		name, dep string
		newHashes []string // of invalidations during the upstream's call
		want      string   // the same request's cache status afterwards
	}{
		{"version v1, then v2", "spec:api@v1", []string{"v2"}, "MISS"},
		{"version v1, then a date", "spec:api@v1", []string{"2026-03-01"}, "MISS"},
		{"version v1, then v2, then v1 again", "spec:api@v1", []string{"v2", "v1"}, "HIT_L1"},
		{"no version", "doc:1", []string{random}, "HIT_L1"},
		{"no version, in capitals", "doc:1", []string{strings.ToUpper(random)}, "HIT_L1"},
		{"no version, twice", "doc:1", []string{random, other}, "HIT_L1"},
		{"a UUID that is not random", "spec:api@v1", []string{"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, "MISS"},
		{"a UUID in another form", "spec:api@v1", []string{strings.ReplaceAll(random, "-", "")}, "MISS"},
		{"random UUIDs as versions, an old one", "spec:api@" + random, []string{other}, "MISS"},
		{"random UUIDs as versions, the new one", "spec:api@" + other, []string{other}, "HIT_L1"},
		{"mixed: the last one has a version", "doc:1", []string{random, "v2"}, "MISS"},
		{"mixed: the last one has no version", "doc:1", []string{"v2", random}, "HIT_L1"},
		{"mixed: a version, the last one has none", "doc:1@v2", []string{"v2", random}, "MISS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var f *fixture
			id, _, _ := strings.Cut(tt.dep, "@")
			during, next := tt.newHashes, counting()
			f = start(t, devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
				for _, hash := range during {
					f.drop(0, fmt.Sprintf(`{"dep_id":%q,"new_hash":%q}`, id, hash), tenant(t, "acme"))
				}
				during = nil
				return next(r)
			})))
			f.wantCache("MISS", `{"choices":[1]}`, "hello", tenant(t, "acme"), deps(tt.dep))
			f.wantCache(tt.want, "", "hello", tenant(t, "acme"), deps(tt.dep))
		})
	}
}

// A request that begins after the invalidation and still has version "v1" is
// stale too.
func TestVersionSpeltLikeTheDefaultHashAfterAnInvalidation(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme := tenant(t, "acme")
	f.wantCache("MISS", "", "hello", acme, deps("spec:api"))
	f.drop(1, `{"dep_id":"spec:api","new_hash":"v2"}`, acme)
	f.wantCache("MISS", "", "hello", acme, deps("spec:api"))
	f.wantCache("MISS", "", "hello", acme, deps("spec:api"))
	f.wantCache("MISS", "", "hello", acme, deps("spec:api@v2"))
	f.wantCache("HIT_L1", "", "hello", acme, deps("spec:api@v2"))
	f.drop(1, `{"dep_id":"spec:api"}`, acme)
	f.wantCache("MISS", "", "hello", acme, deps("spec:api"))
	f.wantCache("HIT_L1", "", "hello", acme, deps("spec:api"))
}

// A stale reader, which still sends the old version, gets no cached entries and
// creates none.
func TestVersions(t *testing.T) {
	t.Parallel()
	f := start(t)
	acme := tenant(t, "acme")
	f.wantCache("MISS", "", "hello", acme, deps("price:1@7"))
	f.drop(1, `{"dep_id":"price:1","new_hash":"8"}`, acme)
	f.wantCache("MISS", "", "hello", acme, deps("price:1@7"))
	f.wantCache("MISS", "", "hello", acme, deps("price:1@7"))
	f.wantCache("MISS", "", "hello", acme, deps("price:1@8"))
	f.wantCache("HIT_L1", "", "hello", acme, deps("price:1@8"))
	f.wantCache("MISS", "", "hello", acme, deps("price:1@7"))
	f.wantCache("HIT_L1", "", "hello", acme, deps("price:1@8"))
	f.wantCache("MISS", "", "hello", tenant(t, "other"), deps("price:1@7"))
	f.wantCache("HIT_L1", "", "hello", tenant(t, "other"), deps("price:1@7"))
}

func TestStrictHash(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithStrictHash(true))
	acme := tenant(t, "acme")
	f.wantCache("MISS", "", "hello", acme, deps("doc:1"))
	f.wantCache("HIT_L1", "", "hello", acme, deps("doc:1"))
	f.drop(1, `{"dep_id":"doc:1","new_hash":"h2"}`, acme)
	f.wantCache("MISS", "", "hello", acme, deps("doc:1"))
	f.wantCache("MISS", "", "hello", acme, deps("doc:1"))
	f.wantCache("MISS", "", "hello", acme, deps("doc:1@h2"))
	f.wantCache("HIT_L1", "", "hello", acme, deps("doc:1@h2"))
}

// A stream can be a late fill too.
func TestLateFillOfAStream(t *testing.T) {
	t.Parallel()
	pipe, feed := io.Pipe()
	f := start(t, devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
		return answer(200, "text/event-stream", pipe), nil
	})))
	go func() {
		fmt.Fprint(feed, "data: {}\n\n")
		f.drop(0, `{"dep_id":"doc:1","new_hash":"8"}`, tenant(t, "acme"))
		fmt.Fprint(feed, done)
		feed.Close()
	}()
	body := strings.Replace(question("hello"), "{", `{"stream":true,`, 1)
	if got := f.post(completions, body, tenant(t, "acme"), deps("doc:1@7")); got.cache() != "MISS" || !strings.Contains(got.body, "[DONE]") {
		t.Errorf("got %+v", got)
	}
	f.drop(0, `{"dep_id":"doc:1","new_hash":"9"}`, tenant(t, "acme"))
}
