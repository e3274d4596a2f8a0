package devgateway_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

func TestEmbeddingsAPI(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, base, model, key, path, body string }{
		{"no path", "", "bge", "sk-embed", "/v1/embeddings", `{"model":"bge","input":"my \"prompt\""}`},
		{"slash", "/", "bge", "sk-embed", "/v1/embeddings", `{"model":"bge","input":"my \"prompt\""}`},
		{"v1", "/v1", "bge", "sk-embed", "/v1/embeddings", `{"model":"bge","input":"my \"prompt\""}`},
		{"below a folder", "/api/v1/", "bge", "sk-embed", "/api/v1/embeddings", `{"model":"bge","input":"my \"prompt\""}`},
		{"whole", "/v1beta/openai/embeddings", "bge", "sk-embed", "/v1beta/openai/embeddings", `{"model":"bge","input":"my \"prompt\""}`},
		{"no model", "", "", "sk-embed", "/v1/embeddings", `{"input":"my \"prompt\""}`},
		{"no key", "", "bge", "", "/v1/embeddings", `{"model":"bge","input":"my \"prompt\""}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var want []string
				if tt.key != "" {
					want = []string{"Bearer " + tt.key}
				}
				if r.Method != http.MethodPost || r.URL.Path != tt.path || !slices.Equal(r.Header["Authorization"], want) ||
					r.Header.Get("Content-Type") != "application/json" || string(body) != tt.body {
					t.Errorf("got %s %s with %q and %s", r.Method, r.URL, r.Header, body)
				}
				fmt.Fprint(w, `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-2e-3,7]}],"model":"bge","usage":{}}`)
			}))
			t.Cleanup(server.Close)
			e, err := devgateway.EmbeddingsAPI(server.URL+tt.base, tt.model, tt.key, server.Client().Transport)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Embed(t.Context(), `my "prompt"`)
			if want := []float32{0.5, -2e-3, 7}; err != nil || !slices.Equal(got, want) {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
}

func TestEmbeddingsAPIRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, base, key, want string }{
		{"empty", "", "", `embeddings URL "" has no host or is not http; write it as https://host/v1`},
		{"no scheme", "api.example.com", "", `embeddings URL "api.example.com" has no host`},
		{"another scheme", "ftp://api.example.com", "", `embeddings URL "ftp://api.example.com" has no host or is not http`},
		{"password", "https://u:secret@api.example.com", "", `embeddings URL of "api.example.com" has more than a host and a path`},
		{"password, and it does not parse", "https://u:secret@api.example.com:x", "", `embeddings URL does not parse`},
		{"password without a scheme", "u:secret@api.example.com/v1", "", `embeddings URL has no host or is not http`},
		{"query", "https://api.example.com/v1?key=secret", "", `embeddings URL of "api.example.com" has more than a host and a path`},
		{"newline in the key", "https://api.example.com", "secret\n", `embeddings key has space around it or a line break in it; trim it`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := devgateway.EmbeddingsAPI(tt.base, "bge", tt.key, nil)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// The model answers although there is no embedding. The log has the reason, and
// quotes neither the prompt and the key, nor an answer with one of them.
func TestEmbeddingsServerFails(t *testing.T) {
	t.Parallel()
	respond := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere?secret")
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	const unlike = "the embeddings server did not answer with one embedding in OpenAI's format; check the URL"
	for name, tt := range map[string]struct {
		server http.HandlerFunc
		want   string
	}{
		"401":          {respond(401, "no key sk-secret"), "the embeddings server answered 401; check the key"},
		"403":          {respond(403, "no key sk-secret"), "the embeddings server answered 403; check the key"},
		"404":          {respond(404, `{"error":"model my prompt"}`), "the embeddings server answered 404; check the URL and the model"},
		"429":          {respond(429, "my prompt"), "the embeddings server answered 429; it limits requests; send fewer at once, or use a server of your own"},
		"413":          {respond(413, "my prompt is too long"), "the embeddings server answered 413; see its log; the text may be too long for the model"},
		"500":          {respond(500, "input my prompt is too large"), "the embeddings server answered 500; see its log; the text may be too long for the model"},
		"redirect":     {respond(307, ""), "the embeddings server answered 307; give the gateway the server's final address"},
		"no JSON":      {respond(200, "<html>my prompt"), unlike},
		"other JSON":   {respond(200, `{"embedding":[1]}`), unlike},
		"no embedding": {respond(200, `{"data":[]}`), unlike},
		"two":          {respond(200, `{"data":[{"embedding":[1]},{"embedding":[1]}]}`), unlike},
		"base64":       {respond(200, `{"data":[{"embedding":"AACAPw=="}]}`), unlike},
		"too large":    {respond(200, `{"data":[{"embedding":[1e39]}]}`), unlike},
		"empty":        {respond(200, `{"data":[{"embedding":[]}]}`), "the embedding is empty"},
		"zero":         {respond(200, `{"data":[{"embedding":[0,0.0]}]}`), "all numbers of the embedding are zero"},
		"endless":      {respond(200, `{"data":[{"embedding":[1`+strings.Repeat(",1", 1<<20)+`]}]}`), unlike},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"data"`)
		}, "read the embedding: unexpected EOF"},
		"no answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "ask the embeddings server: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.server)
			t.Cleanup(server.Close)
			e, err := devgateway.EmbeddingsAPI(server.URL, "bge", "sk-secret", server.Client().Transport)
			if err != nil {
				t.Fatal(err)
			}
			var log testlog.Buffer
			f := start(t, devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), devgateway.WithSimilar(e, 0.92))
			f.wantCache("MISS", `{"choices":[1]}`, "my prompt", tenant(t, "acme"))
			f.wantCache("HIT_L1", `{"choices":[1]}`, "my prompt", tenant(t, "acme"))
			f.server.Close()
			if !strings.Contains(log.String(), tt.want) || strings.Count(log.String(), "not_similar=") != 1 {
				t.Errorf("no %q in %s", tt.want, log.String())
			}
			for _, private := range []string{"my prompt", "secret"} {
				if strings.Contains(log.String(), private) {
					t.Errorf("%q is in the log: %s", private, log.String())
				}
			}
		})
	}
}

// A server may refuse requests that name no model.
func TestEmbeddingsAPIWithoutAModel(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{400: true, 404: true, 500: false} {
		e, err := devgateway.EmbeddingsAPI("http://embeddings.test", "", "", upstream(func(*http.Request) (*http.Response, error) {
			return answer(status, "application/json", strings.NewReader("{}")), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Embed(t.Context(), "hello"); err == nil || strings.Contains(err.Error(), "--similar-model") != want {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// A server that is down, and comes back, costs hits and no answers.
func TestEmbeddingsServerComesBack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	down := true
	e, err := devgateway.EmbeddingsAPI("http://embeddings.test", "bge", "", upstream(func(*http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		if down {
			return nil, errors.New("connection refused")
		}
		return answer(200, "application/json", strings.NewReader(`{"data":[{"embedding":[1]}]}`)), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	f := start(t, devgateway.WithSimilar(e, 0.92))
	acme := tenant(t, "acme")
	f.wantCache("MISS", "", "one", acme)
	f.wantCache("MISS", "", "two", acme)
	mu.Lock()
	down = false
	mu.Unlock()
	f.wantCache("MISS", `{"choices":[3]}`, "three", acme)
	f.wantCache("HIT_L2", `{"choices":[3]}`, "four", acme)
	f.wantCache("HIT_L1", `{"choices":[1]}`, "one", acme)
}
