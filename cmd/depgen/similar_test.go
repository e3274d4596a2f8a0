package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// similarity sends a question and returns the cache status of the answer, with
// the similarity.
func (g *runningGateway) similarity(t *testing.T, text string) string {
	t.Helper()
	_, token, _ := strings.Cut(g.greeting, "CACHECORE_TOKEN=")
	token, _, _ = strings.Cut(token, "\n")
	body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":%q}]}`, text)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "X-Cachecore-Token": {token}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("X-Cache") + " " + resp.Header.Get("X-Cache-Similarity")
}

func TestGatewaySimilar(t *testing.T) {
	t.Setenv(secretEnv, "")
	for _, tt := range []struct { //nolint:paralleltest // the environment is set
		name, want string
		args       []string
	}{
		{"not given", "MISS 0.00", nil},
		{"off", "MISS 0.00", []string{"--similar", "off"}},
		{"lexical", "HIT_L2 1.00", []string{"--similar", "lexical"}},
		{"the highest threshold", "HIT_L2 1.00", []string{"--similar", "lexical", "--similar-threshold", "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := startGateway(t, tt.args...)
			if got := g.similarity(t, "What notice does contract-1 need?"); got != "MISS 0.00" {
				t.Errorf("the first: %s", got)
			}
			if got := g.similarity(t, "What notice does contract-2 need?"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if on := strings.HasPrefix(tt.want, "HIT"); strings.Contains(g.greeting, "\nsimilar: lexical, from ") != on {
				t.Errorf("greeting: %s", g.greeting)
			}
			g.end(t)
		})
	}
}

// The key of the upstream reaches no other server.
func TestGatewaySimilarServer(t *testing.T) {
	t.Setenv(secretEnv, "")
	for _, tt := range []struct {
		name, own, upstream, want string
		same                      bool // as the upstream
	}{
		{"no key", "", "", "", false},
		{"its own key", "sk-similar\n", "sk-upstream", "Bearer sk-similar", false},
		{"the upstream's key, for another server", "", "sk-upstream", "", false},
		{"the upstream's key, for its server", "", "sk-upstream", "Bearer sk-upstream", true},
		{"its own key, for the upstream's server", "sk-similar", "sk-upstream", "Bearer sk-similar", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(similarKeyEnv, tt.own)
			t.Setenv(keyEnv, tt.upstream)
			var got http.Header
			var input struct{ Model, Input string }
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if r.URL.Path == "/v1/chat/completions" {
					fmt.Fprint(w, `{"choices":[1]}`)
					return
				}
				if r.URL.Path != "/v1/embeddings" {
					t.Errorf("path %s", r.URL.Path)
				}
				got = r.Header
				if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
					t.Error(err)
				}
				fmt.Fprint(w, `{"data":[{"embedding":[3,4]}]}`)
			}))
			defer server.Close()
			args := []string{"--similar", server.URL + "/v1", "--similar-model", "bge-small"}
			if tt.same {
				args = append(args, "--upstream", server.URL)
			}
			g := startGateway(t, args...)
			g.similarity(t, "one")
			if got := g.similarity(t, "two"); got != "HIT_L2 1.00" {
				t.Errorf("got %s, want HIT_L2 1.00", got)
			}
			if got.Get("Authorization") != tt.want || input.Model != "bge-small" || input.Input != "two" {
				t.Errorf("got the key %q, and %+v; want the key %q", got.Get("Authorization"), input, tt.want)
			}
			if text := g.greeting + g.end(t); strings.Contains(text, "sk-") {
				t.Errorf("a key is shown: %s", text)
			}
		})
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"https://api.openai.com/v1", "https://API.openai.com:443", true},
		{"http://h/v1", "http://h:80/v1/embeddings", true},
		{"http://h", "https://h", false},
		{"http://h:1", "http://h:2", false},
		{"http://h", "http://h.example.com", false},
		{"https://h", "echo", false},
		{"http://[::1]:1/v1", "http://[::1]:1", true},
	} {
		if got := origin(tt.a) == origin(tt.b); got != tt.same {
			t.Errorf("%s and %s: %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}

func TestGatewaySimilarRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"--similar=", "--similar is not off, lexical or a URL; write a URL as https://host/v1"},
		{"--similar u:secret@host", "--similar is not off, lexical or a URL; write a URL as https://host/v1"},
		{"--similar ftp://host", `--similar: embeddings URL "ftp://host" has no host or is not http; write it as https://host/v1`},
		{"--similar https://u:secret@host", `--similar: embeddings URL of "host" has more than a host and a path; leave the user, the query and the fragment out`},
		{"--similar-threshold 0.5", "--similar-threshold has no effect if --similar is off; add --similar lexical or a URL"},
		{"--similar-model m", "--similar-model needs a server; give its URL with --similar, in place of off"},
		{"--similar lexical --similar-model m", "--similar-model needs a server; give its URL with --similar, in place of lexical"},
		{"--similar lexical --similar-threshold 0", "--similar-threshold 0 is not above 0 and at most 1; leave it out for 0.92"},
		{"--similar lexical --similar-threshold 1.01", "--similar-threshold 1.01 is not above 0 and at most 1; leave it out for 0.92"},
		{"--similar lexical --similar-threshold NaN", "--similar-threshold NaN is not above 0 and at most 1; leave it out for 0.92"},
		{"--similar lexical --similar-threshold high", `invalid argument "high" for "--similar-threshold" flag`},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			args := append([]string{"gateway", "--addr", "127.0.0.1:0"}, strings.Fields(tt.args)...)
			code := run(t.Context(), args, strings.NewReader(""), io.Discard, &stderr)
			if code != exitTrouble || !strings.HasPrefix(stderr.String(), "depgen: "+tt.want) || strings.Contains(stderr.String(), "secret") {
				t.Errorf("exit code %d, stderr %q, want %d and %q", code, stderr.String(), exitTrouble, tt.want)
			}
		})
	}
}
