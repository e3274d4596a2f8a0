package devgateway_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

const headerDeps = "X-Cachecore-Deps"

func TestDepsHeaderForms(t *testing.T) {
	t.Parallel()
	const array = `[{"dep_id":"doc:ü~~?>","expected_hash":"v1"}]` // its base64 has a "/" and padding
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

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestDepsHeaderRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, value, want string }{
		{"empty", "", "it is empty"},
		{"space", "  ", "it is empty"},
		{"plain text", "doc:1", "not base64"},
		{"plain JSON", `[{"dep_id":"doc:1"}]`, "not base64"},
		{"two joined by a comma", encode(`[{"dep_id":"a"}]`) + ", " + encode(`[{"dep_id":"b"}]`), "not base64"},
		{"padding in the middle", "W10=W10=", "not base64"},
		{"cut short", encode(`[{"dep_id":"doc:1"`), "dep 0: it is not an object"},
		{"an object", encode(`{"dep_id":"doc:1"}`), "not a JSON array"},
		{"strings", encode(`["doc:1"]`), "dep 0: it is not an object"},
		{"null", encode(`null`), "not a JSON array"},
		{"null as dep", encode(`[{"dep_id":"a"},null]`), "dep 1: it is not an object"},
		{"two arrays", encode(`[][]`), "not a JSON array"},
		{"a misspelled key", encode(`[{"dep_id":"doc:1","hash":"7"}]`), `dep 0: "hash" is not a key`},
		{"a key in upper case", encode(`[{"DEP_ID":"doc:1"}]`), `dep 0: "DEP_ID" is not a key`},
		{"hash in upper case", encode(`[{"dep_id":"doc:1","Expected_Hash":"7"}]`), `dep 0: "Expected_Hash" is not a key`},
		{"two ids in one", encode(`[{"dep_id":"doc:1","dep_id":"doc:2"}]`), "dep 0: dep_id occurs twice"},
		{"the same id twice in one", encode(`[{"dep_id":"doc:1","\u0064ep_id":"doc:1"}]`), "dep 0: dep_id occurs twice"},
		{"two hashes in one", encode(`[{"dep_id":"a","expected_hash":"7","expected_hash":"7"}]`), "dep 0: expected_hash occurs twice"},
		{"no id", encode(`[{"expected_hash":"v1"}]`), "dep 0: dep_id is missing"},
		{"empty id", encode(`[{"dep_id":""}]`), "dep 0: dep_id is empty"},
		{"null as id", encode(`[{"dep_id":null}]`), "dep 0: dep_id is not a string"},
		{"an object as id", encode(`[{"dep_id":{"dep_id":"a"}}]`), "dep 0: dep_id is not a string"},
		{"empty hash", encode(`[{"dep_id":"a","expected_hash":""}]`), "dep 0: expected_hash is empty"},
		{"null as hash", encode(`[{"dep_id":"a","expected_hash":null}]`), "dep 0: expected_hash is not a string"},
		{"number as hash", encode(`[{"dep_id":"a","expected_hash":7}]`), "dep 0: expected_hash is not a string"},
		{"not UTF-8", encode("[{\"dep_id\":\"\xff\"}]"), "not UTF-8"},
		{"half a surrogate pair", encode(`[{"dep_id":"doc:\ud800"}]`), "half a surrogate pair"},
		{"two halves in the wrong order", encode(`[{"dep_id":"doc:\udc00\ud800"}]`), "half a surrogate pair"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
				t.Error("the upstream was called")
				return nil, http.ErrHandlerTimeout
			})))
			for _, headers := range [][]header{{tenant(t, "acme")}, nil} { // nil: a bypass
				got := f.ask("hello", append(headers, set(headerDeps, tt.value))...)
				got.wantProblem(t, 400, "invalid_deps")
				if message := got.message(t); !strings.Contains(message, tt.want) {
					t.Errorf("got %q, want %q in it", message, tt.want)
				}
			}
		})
	}
	t.Run("two headers", func(t *testing.T) {
		t.Parallel()
		f := start(t)
		twice := func(h http.Header) { h[headerDeps] = []string{encode(`[{"dep_id":"a"}]`), encode(`[]`)} }
		f.ask("hello", tenant(t, "acme"), twice).wantProblem(t, 400, "invalid_deps")
	})
}

// Well-formed deps that cannot be kept make a bypass; the call succeeds.
func TestDepsThatCannotBeKeptAreABypass(t *testing.T) {
	t.Parallel()
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf(`{"dep_id":"d:%d"}`, i)
	}
	tests := []struct{ name, value, want string }{
		{"one id, two hashes", encode(`[{"dep_id":"a","expected_hash":"1"},{"dep_id":"a","expected_hash":"2"}]`), `dep 1: "a" has two hashes`},
		{"too many", encode("[" + strings.Join(many, ",") + "]"), "1001 deps are more than 1000"},
		{"long id", encode(`[{"dep_id":"` + strings.Repeat("x", 4097) + `"}]`), "longer than 4096 bytes"},
		{"long hash", encode(`[{"dep_id":"a","expected_hash":"` + strings.Repeat("x", 1025) + `"}]`), "longer than 1024 bytes"},
		{"long header", encode("[" + strings.Repeat(" ", 64<<10) + "]"), "more than 65536"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen []devgateway.Completion
			var log bytes.Buffer
			f := start(t,
				devgateway.WithObserver(devgateway.Observer{Completion: func(c devgateway.Completion) { seen = append(seen, c) }}),
				devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))),
				devgateway.WithBypassLimit(1),
			)
			acme := tenant(t, "acme")
			for i := range 3 { // more than the limit on bypasses
				f.wantCache("BYPASS", fmt.Sprintf(`{"choices":[%d]}`, i+1), "hello", acme, set(headerDeps, tt.value))
			}
			f.wantCache("MISS", `{"choices":[4]}`, "hello", acme) // the cache contains no answer
			f.server.Close()
			if got := seen[0]; got.Uncached == nil || !strings.Contains(got.Uncached.Error(), tt.want) || got.Tenant != "acme" || got.Deps != nil {
				t.Errorf("the observer got %+v, want a reason with %q", got, tt.want)
			}
			if !strings.Contains(log.String(), "uncached=") || !strings.Contains(log.String(), "cache=BYPASS") {
				t.Errorf("the log does not warn: %s", log.String())
			}
		})
	}
	t.Run("without a token", func(t *testing.T) {
		t.Parallel()
		start(t).wantCache("BYPASS", "", "hello", set(headerDeps, tests[0].value))
	})
}
