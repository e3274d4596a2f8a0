package devgateway_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/devgateway"
)

func TestUpstreamAnswersThatAreNotKept(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType, body string
		code                    int
	}{
		{"400", "application/json", `{"error":{"message":"no"}}`, 400},
		{"401", "application/json", `{"error":{"message":"no key"}}`, 401},
		{"429", "application/json", `{"error":{"message":"slow down"}}`, 429},
		{"500", "text/plain", "oops", 500},
		{"529", "application/json", `{}`, 529},
		{"201", "application/json", `{}`, 201},
		{"no JSON", "application/json", `{"n":`, 200},
		{"two values", "application/json", `{}{}`, 200},
		{"an array", "application/json", `[]`, 200},
		{"null", "application/json", `null`, 200},
		{"no choices", "application/json", `{}`, 200},
		{"null as choices", "application/json", `{"choices":null}`, 200},
		{"empty choices", "application/json", `{"choices":[]}`, 200},
		{"empty", "application/json", ``, 200},
		{"text", "text/plain", `hello`, 200},
		{"an error as 200", "application/json", `{"error":{"message":"no"}}`, 200},
		{"long", "application/json", `{"choices":["` + strings.Repeat("x", 1000) + `"]}`, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithBodyLimit(1000), devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
				return answer(tt.code, tt.contentType, strings.NewReader(tt.body)), nil
			})))
			for range 2 {
				got := f.ask("hello", tenant(t, "acme"))
				if got.code != tt.code || got.body != tt.body || got.header.Get("Content-Type") != tt.contentType || got.cache() != "MISS" {
					t.Errorf("got %+v, want it unchanged, and MISS", got)
				}
			}
			if got := f.ask("hello"); got.code != tt.code || got.body != tt.body || got.cache() != "BYPASS" {
				t.Errorf("bypass: got %+v, want it unchanged", got)
			}
		})
	}
}

func TestUpstreamFails(t *testing.T) {
	t.Parallel()
	wait := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	tests := []struct {
		name     string
		upstream upstream
		timeout  time.Duration
		status   int
		code     string
	}{
		{"no answer", func(*http.Request) (*http.Response, error) { return nil, errors.New("dial 10.0.0.1: refused") }, time.Hour, 502, "upstream_failed"},
		{"cut short", func(*http.Request) (*http.Response, error) {
			return answer(200, "application/json", io.MultiReader(strings.NewReader(`{"choices":[1]}`), failing(true))), nil
		}, time.Hour, 502, "upstream_failed"},
		{"redirect", func(*http.Request) (*http.Response, error) {
			return answer(302, "text/html", strings.NewReader("moved")), nil
		}, time.Hour, 502, "upstream_redirect"},
		{"neither answer nor error", func(*http.Request) (*http.Response, error) { return nil, nil }, time.Hour, 502, "upstream_failed"},
		{"no status", func(*http.Request) (*http.Response, error) { return &http.Response{}, nil }, time.Hour, 502, "upstream_failed"},
		{"too high a status", func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 1000}, nil }, time.Hour, 502, "upstream_failed"},
		{"too slow", wait, time.Nanosecond, 504, "upstream_timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithUpstream(tt.upstream), devgateway.WithUpstreamTimeout(tt.timeout))
			got := f.ask("hello", tenant(t, "acme"))
			got.wantProblem(t, tt.status, tt.code)
			if got.cache() != "MISS" || strings.Contains(got.body, "10.0.0.1") {
				t.Errorf("got %+v", got)
			}
			f.drop(0, `{"dep_id":"cc:policy-version"}`, tenant(t, "acme"))
		})
	}
}

// The gateway sends a bypass as it arrives. If the answer breaks off, the
// client must be able to see that.
func TestBypassBreaksOff(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
		return answer(200, "application/json", io.MultiReader(strings.NewReader(`{"choices":[1]}`), failing(true))), nil
	})))
	resp, err := f.server.Client().Do(newRequest(t.Context(), f.server.URL+completions, question("hello")))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("got %q and no error", got)
	}
}

func TestWhichHeadersPass(t *testing.T) {
	t.Parallel()
	var got http.Header
	f := start(t, devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
		got = r.Header.Clone()
		resp, err := counting()(r)
		for name, value := range map[string]string{
			"X-Request-Id": "r1", "Openai-Model": "m", "X-Ratelimit-Remaining-Requests": "9", "Retry-After": "3",
			"Set-Cookie": "a=b", "X-Cache": "HIT from cdn", "Connection": "close", "Access-Control-Allow-Origin": "*", "Alt-Svc": "h3",
		} {
			resp.Header.Set(name, value)
		}
		return resp, err
	})))
	miss := f.ask("hello", tenant(t, "acme"), deps("doc:1"), set("User-Agent", "sdk/1"), set("Accept", "application/json"),
		set("Openai-Project", "p"), set("Cookie", "c"), set("X-Stainless-Lang", "go"), set("Accept-Encoding", "gzip"), set("Traceparent", "00-1"))
	want := http.Header{
		"Accept": {"application/json"}, "Accept-Encoding": {"identity"}, "Content-Type": {"application/json"},
		"Openai-Project": {"p"}, "Traceparent": {"00-1"}, "User-Agent": {"sdk/1"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the upstream got %v\nwant %v", got, want)
	}
	if names, want := namesOf(miss.header), "Cache-Status Content-Length Content-Type Date Openai-Model Retry-After X-Cache X-Cache-Age X-Cache-Similarity X-Ratelimit-Remaining-Requests X-Request-Id"; names != want {
		t.Errorf("the client got %s\nwant %s", names, want)
	}
	if names, want := namesOf(f.ask("hello", tenant(t, "acme"), deps("doc:1")).header), "Cache-Status Content-Length Content-Type Date X-Cache X-Cache-Age X-Cache-Similarity"; names != want {
		t.Errorf("a hit has %s\nwant %s", names, want)
	}
}

func namesOf(h http.Header) string {
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// A server may compress although it was asked not to. The gateway passes on the
// answer with its encoding, but does not keep it, because the next client may
// not know the encoding.
func TestEncodedAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, `{"choices":[1]}`)
		z.Close()
	}))
	t.Cleanup(server.Close)
	up, err := devgateway.Forward(server.URL, "", server.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	f := start(t, devgateway.WithUpstream(up))
	for range 2 {
		got := f.ask("hello", tenant(t, "acme"), set("Accept-Encoding", "gzip"))
		z, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil || got.cache() != "MISS" || got.header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("got %+v, %v", got, err)
		}
		if plain, err := io.ReadAll(z); err != nil || string(plain) != `{"choices":[1]}` {
			t.Errorf("got %q, %v", plain, err)
		}
	}
}

func TestUnknownEncoding(t *testing.T) {
	t.Parallel()
	next := counting()
	f := start(t, devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
		resp, err := next(r)
		resp.Header.Set("Content-Encoding", "x-private")
		return resp, err
	})))
	f.wantCache("MISS", `{"choices":[1]}`, "hello", tenant(t, "acme"))
	f.wantCache("MISS", `{"choices":[2]}`, "hello", tenant(t, "acme"))
}

func TestForward(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, base, key, path, authorization string }{
		{"no path", "", "sk-env", "/v1/chat/completions", "Bearer sk-env"},
		{"slash", "/", "sk-env", "/v1/chat/completions", "Bearer sk-env"},
		{"v1", "/v1", "sk-env", "/v1/chat/completions", "Bearer sk-env"},
		{"v1 and slash", "/v1/", "sk-env", "/v1/chat/completions", "Bearer sk-env"},
		{"below a folder", "/api/v1", "sk-env", "/api/v1/chat/completions", "Bearer sk-env"},
		{"whole", "/v1beta/openai/chat/completions", "sk-env", "/v1beta/openai/chat/completions", "Bearer sk-env"},
		{"no key", "/v1", "", "/v1/chat/completions", "Bearer sk-own"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.URL.Path != tt.path || r.Header.Get("Authorization") != tt.authorization || string(body) != question("hello") {
					t.Errorf("got %s with %q and %s", r.URL, r.Header.Get("Authorization"), body)
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"choices":[1]}`)
			}))
			t.Cleanup(server.Close)
			up, err := devgateway.Forward(server.URL+tt.base, tt.key, server.Client().Transport)
			if err != nil {
				t.Fatal(err)
			}
			f := start(t, devgateway.WithUpstream(up))
			f.wantCache("BYPASS", `{"choices":[1]}`, "hello", bearer("sk-own"))
			f.wantCache("MISS", `{"choices":[1]}`, "hello", bearer("sk-own"), set("X-Cachecore-Token", mint(t, devgateway.Claims{Tenant: "acme"})))
		})
	}
}

func TestForwardRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, base, key string }{
		{"empty", "", ""},
		{"no scheme", "api.example.com", ""},
		{"another scheme", "ftp://api.example.com", ""},
		{"no host", "https:///v1", ""},
		{"password", "https://u:secret@api.example.com", ""},
		{"password, and it does not parse", "https://u:secret@api.example.com:x", ""},
		{"password without a scheme", "u:secret@api.example.com/v1", ""},
		{"query", "https://api.example.com/v1?x=1", ""},
		{"newline in the key", "https://api.example.com", "secret\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := devgateway.Forward(tt.base, tt.key, nil); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("got the error %v", err)
			}
		})
	}
}

// A real server hangs up in the middle of an answer.
func TestServerHangsUp(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"choices":[1]}`)
	}))
	t.Cleanup(server.Close)
	up, err := devgateway.Forward(server.URL, "", server.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	f := start(t, devgateway.WithUpstream(up))
	f.ask("hello", tenant(t, "acme")).wantProblem(t, 502, "upstream_failed")
	server.Close()
	f.ask("hello", tenant(t, "acme")).wantProblem(t, 502, "upstream_failed")
}

// A hand-written RoundTripper may return an answer without a header or a body.
func TestBareAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK}, nil
	})))
	for _, body := range []string{question("hello"), streamBody} {
		for want, headers := range map[string][]header{"MISS": {tenant(t, "acme")}, "BYPASS": nil} {
			if got := f.post(completions, body, headers...); got.code != 200 || got.cache() != want || got.body != "" {
				t.Errorf("got %+v, want %s and an empty body", got, want)
			}
		}
	}
}

func TestEncodingIdentity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		values []string
		again  string
	}{
		{"identity", []string{"identity"}, "HIT_L1"},
		{"upper case", []string{"Identity"}, "HIT_L1"},
		{"with another", []string{"identity, gzip"}, "MISS"},
		{"before another", []string{"identity", "gzip"}, "MISS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			next := counting()
			f := start(t, devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
				resp, err := next(r)
				resp.Header["Content-Encoding"] = tt.values
				return resp, err
			})))
			f.wantCache("MISS", "", "hello", tenant(t, "acme"))
			f.wantCache(tt.again, "", "hello", tenant(t, "acme"))
		})
	}
}
