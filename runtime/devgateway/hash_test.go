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
// ends after it: the upstream sends the invalidation while it answers.
func TestLateFills(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		strict     bool
		dep        string
		invalidate string
		want       string // of the same request afterwards
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

// A stale reader, which still sends the old version, neither gets nor makes entries.
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
