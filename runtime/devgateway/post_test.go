package devgateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

// request is a request whose method, path or host differs from those of post.
func (f *fixture) request(method, path, body string, headers ...header) reply {
	f.Helper()
	r := newRequest(f.Context(), f.server.URL+path, body, append([]header{tenant(f, "acme")}, headers...)...)
	r.Method = method
	r.Host = r.Header.Get("Host")
	r.Header.Del("Host")
	return f.do(r)
}

func TestRequestsRefused(t *testing.T) {
	t.Parallel()
	long := question(strings.Repeat("x", 1000))
	tests := []struct {
		name, method, path, body string
		headers                  []header
		status                   int
		code                     string
	}{
		{"unknown path", "POST", "/v1/embeddings", "{}", nil, 404, "unknown_path"},
		{"root", "GET", "/", "", nil, 404, "unknown_path"},
		{"slash at the end", "POST", completions + "/", "{}", nil, 404, "unknown_path"},
		{"GET of completions", "GET", completions, "", nil, 405, "wrong_method"},
		{"OPTIONS of completions", "OPTIONS", completions, "", []header{set("Origin", "https://example.com")}, 405, "wrong_method"},
		{"DELETE of invalidate", "DELETE", invalidate, "", nil, 405, "wrong_method"},
		{"POST of healthz", "POST", "/healthz", "{}", nil, 405, "wrong_method"},
		{"no content type", "POST", completions, question("hello"), []header{unset("Content-Type")}, 415, "wrong_content_type"},
		{"form", "POST", completions, question("hello"), []header{set("Content-Type", "application/x-www-form-urlencoded")}, 415, "wrong_content_type"},
		{"text, as a page may send", "POST", invalidate, `{"dep_id":"x"}`, []header{set("Content-Type", "text/plain")}, 415, "wrong_content_type"},
		{"page of another origin", "POST", completions, question("hello"), []header{set("Origin", "https://example.com")}, 403, "cross_origin"},
		{"page without an origin", "POST", completions, question("hello"), []header{set("Origin", "null")}, 403, "cross_origin"},
		{"browser says cross-site", "POST", invalidate, `{"dep_id":"x"}`, []header{set("Sec-Fetch-Site", "cross-site")}, 403, "cross_origin"},
		{"browser says same-site", "POST", completions, question("hello"), []header{set("Sec-Fetch-Site", "same-site")}, 403, "cross_origin"},
		{"name pointed here", "POST", completions, question("hello"), []header{set("Host", "example.com"), set("Origin", "http://example.com")}, 403, "cross_origin"},
		{"too long", "POST", completions, long, nil, 413, "body_too_large"},
		{"too long a bypass", "POST", completions, long, []header{unset("Authorization")}, 413, "body_too_large"},
		{"no JSON", "POST", completions, "hello", nil, 400, "invalid_body"},
		{"two values", "POST", completions, "{}{}", nil, 400, "invalid_body"},
		{"null", "POST", completions, "null", nil, 400, "invalid_body"},
		{"array", "POST", completions, "[]", nil, 400, "invalid_body"},
		{"messages are no array", "POST", completions, `{"messages":"my secret prompt"}`, nil, 400, "invalid_body"},
		{"a message is no object", "POST", completions, `{"messages":["my secret prompt"]}`, nil, 400, "invalid_body"},
		{"stream is no boolean", "POST", completions, `{"stream":"my secret prompt"}`, nil, 400, "invalid_body"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithBodyLimit(1000), devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
				t.Error("the upstream was called")
				return nil, io.ErrUnexpectedEOF
			})))
			got := f.request(tt.method, tt.path, tt.body, tt.headers...)
			got.wantProblem(t, tt.status, tt.code)
			if allow := got.header.Get("Allow"); (tt.status == 405) != (allow != "") || strings.Contains(allow, tt.method) {
				t.Errorf("%d: Allow is %q", tt.status, allow)
			}
			if strings.Contains(got.body, "secret") || got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRequestsAccepted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		headers []header
	}{
		{"charset", []header{set("Content-Type", "application/json; charset=utf-8")}},
		{"upper case", []header{set("Content-Type", "Application/JSON")}},
		{"no browser, under a name", []header{set("Host", "host.docker.internal:8080")}},
		{"browser's address bar", []header{set("Sec-Fetch-Site", "none")}},
		{"same origin, by address", []header{set("Host", "127.0.0.1:1"), set("Origin", "http://127.0.0.1:1")}},
		{"same origin, by IPv6 address", []header{set("Host", "[::1]"), set("Origin", "http://[::1]")}},
		{"same origin, localhost", []header{set("Host", "localhost:1"), set("Origin", "http://localhost:1")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			if got := f.request("POST", completions, question("hello"), tt.headers...); got.code != 200 || got.cache() != "MISS" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	f := start(t)
	if got := f.request("GET", "/healthz", "", unset("Authorization")); got.code != 200 || got.body != `{"status":"ok"}` {
		t.Errorf("GET: %+v", got)
	}
	if got := f.request("HEAD", "/healthz", ""); got.code != 200 || got.body != "" {
		t.Errorf("HEAD: %+v", got)
	}
}
