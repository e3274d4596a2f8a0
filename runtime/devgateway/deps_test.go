package devgateway_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

const headerDeps = "X-Cachecore-Deps"

func TestDepsHeaderForms(t *testing.T) {
	t.Parallel()
	const array = `[{"dep_id":"doc:ü~~?>","expected_hash":"v1"}]` // in base64: a "/" and padding
	plain := base64.RawURLEncoding.EncodeToString([]byte(array))
	tests := []struct{ name, value string }{
		{"no padding", plain},
		{"padded", base64.URLEncoding.EncodeToString([]byte(array))},
		{"newline in it, as echo makes it", base64.RawURLEncoding.EncodeToString([]byte(array + "\n"))},
		{"newline in it, padded", base64.URLEncoding.EncodeToString([]byte(array + "\n"))},
		{"standard alphabet", base64.StdEncoding.EncodeToString([]byte(array))},
		{"standard alphabet, no padding", base64.RawStdEncoding.EncodeToString([]byte(array))},
		{"space around it", "  " + plain + "\t"},
		{"space inside", base64.RawURLEncoding.EncodeToString([]byte(" [ { \"expected_hash\" : \"v1\",\n\"dep_id\":\"doc:ü~~?>\" } ] "))},
		{"escaped", base64.RawURLEncoding.EncodeToString([]byte(`[{"dep_id":"doc:\u00fc~~?>","expected_hash":"v1"}]`))},
		{"no hash", base64.RawURLEncoding.EncodeToString([]byte(`[{"dep_id":"doc:ü~~?>"}]`))},
		{"null hash", base64.RawURLEncoding.EncodeToString([]byte(`[{"dep_id":"doc:ü~~?>","expected_hash":null}]`))},
	}
	if std := tests[4].value; !strings.Contains(std, "/") || !strings.Contains(std, "=") {
		t.Fatalf("%s does not try the standard alphabet", std)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen []devgateway.Dep
			f := start(t, devgateway.WithObserver(devgateway.Observer{
				Completion: func(c devgateway.Completion) { seen = c.Deps },
			}))
			f.wantCache("MISS", "", "hello", tenant(t, "acme"), set(headerDeps, tt.value))
			if want := []devgateway.Dep{{ID: "doc:ü~~?>", Hash: "v1"}}; !reflect.DeepEqual(seen, want) {
				t.Errorf("got %+v, want %+v", seen, want)
			}
			f.drop(1, `{"dep_id":"doc:ü~~?>"}`, tenant(t, "acme"))
		})
	}
}

func TestDepsHeaderRefused(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`{"dep_id":"d:%d"}`, i)
	}
	tests := []struct{ name, value string }{
		{"empty", ""},
		{"plain text", "doc:1"},
		{"plain JSON", `[{"dep_id":"doc:1"}]`},
		{"two joined by a comma", encode(`[{"dep_id":"a"}]`) + ", " + encode(`[{"dep_id":"b"}]`)},
		{"padding in the middle", "W10=W10="},
		{"cut short", encode(`[{"dep_id":"doc:1"`)},
		{"an object", encode(`{"dep_id":"doc:1"}`)},
		{"strings", encode(`["doc:1"]`)},
		{"null", encode(`null`)},
		{"two arrays", encode(`[][]`)},
		{"a misspelt key", encode(`[{"dep_id":"doc:1","hash":"7"}]`)},
		{"no id", encode(`[{"expected_hash":"v1"}]`)},
		{"empty id", encode(`[{"dep_id":""}]`)},
		{"empty hash", encode(`[{"dep_id":"a","expected_hash":""}]`)},
		{"number as hash", encode(`[{"dep_id":"a","expected_hash":7}]`)},
		{"one id, two hashes", encode(`[{"dep_id":"a","expected_hash":"1"},{"dep_id":"a","expected_hash":"2"}]`)},
		{"not UTF-8", encode("[{\"dep_id\":\"\xff\"}]")},
		{"too many", encode("[" + strings.Join(many, ",") + "]")},
		{"long id", encode(`[{"dep_id":"` + strings.Repeat("x", 4097) + `"}]`)},
		{"long hash", encode(`[{"dep_id":"a","expected_hash":"` + strings.Repeat("x", 1025) + `"}]`)},
		{"long header", encode("[" + strings.Repeat(" ", 64<<10) + "]")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
				t.Error("the upstream was called")
				return nil, http.ErrHandlerTimeout
			})))
			f.ask("hello", tenant(t, "acme"), set(headerDeps, tt.value)).wantProblem(t, 400, "invalid_deps")
			f.ask("hello", set(headerDeps, tt.value)).wantProblem(t, 400, "invalid_deps") // a bypass
		})
	}
	t.Run("two headers", func(t *testing.T) {
		t.Parallel()
		f := start(t)
		twice := func(h http.Header) { h[headerDeps] = []string{encode(`[{"dep_id":"a"}]`), encode(`[]`)} }
		f.ask("hello", tenant(t, "acme"), twice).wantProblem(t, 400, "invalid_deps")
	})
}
