package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

const question = `{"model":"m","messages":[{"role":"user","content":"my prompt"}]}`

// greeting is a standard output that passes on the first write.
type greeting chan string

func (g greeting) Write(p []byte) (int, error) {
	g <- string(p)
	return len(p), nil
}

// runningGateway is depgen gateway in a goroutine of the test.
type runningGateway struct {
	url, greeting string
	stop          context.CancelFunc
	wait          func() (code int, stderr string)
}

func startGateway(t *testing.T, args ...string) *runningGateway {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var stderr strings.Builder
	hello, ended := make(greeting, 1), make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"gateway", "--addr", "127.0.0.1:0"}, args...), strings.NewReader(""), hello, &stderr)
	}()
	g := &runningGateway{stop: stop, wait: func() (int, string) { return <-ended, stderr.String() }}
	select {
	case g.greeting = <-hello:
	case code := <-ended:
		t.Fatalf("the gateway ended with %d: %s", code, stderr.String())
	}
	url, _, _ := strings.Cut(g.greeting, "\n")
	g.url = strings.TrimPrefix(url, "gateway: ")
	return g
}

// end stops the gateway and returns its log.
func (g *runningGateway) end(t *testing.T) string {
	t.Helper()
	g.stop()
	code, stderr := g.wait()
	if code != exitOK {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	return stderr
}

// ask returns the code, the cache status and the body of the answer.
func (g *runningGateway) ask(t *testing.T, authorization string) (int, string, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+"/v1/chat/completions", strings.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("X-Cache"), string(body)
}

func (g *runningGateway) wantCache(t *testing.T, authorization, want, text string) {
	t.Helper()
	code, cache, body := g.ask(t, authorization)
	if code != http.StatusOK || cache != want || !strings.Contains(body, text) {
		t.Errorf("got %d %s %s, want %s with %q", code, cache, body, want, text)
	}
}

func TestGatewayMakesASecret(t *testing.T) {
	t.Setenv(secretEnv, "")
	g := startGateway(t)
	found := regexp.MustCompile(`(?m)^export CACHECORE_TOKEN=(cc_live_\S+)$`).FindStringSubmatch(g.greeting)
	if found == nil || !strings.Contains(g.greeting, "\nexport CACHECORE_URL="+g.url+"\n") {
		t.Fatalf("no token to use in %q", g.greeting)
	}
	token := found[1]
	g.wantCache(t, "Bearer "+token, "MISS", "#1 my prompt")
	g.wantCache(t, "Bearer "+token, "HIT_L1", "#1 my prompt")
	g.wantCache(t, "Bearer sk-own", "BYPASS", "#2 my prompt")
	if code, _, _ := g.ask(t, "Bearer "+token+"x"); code != http.StatusUnauthorized {
		t.Errorf("a forged token is answered with %d", code)
	}
	log := g.end(t)
	if strings.Count(log, "msg=request") != 4 || strings.Contains(log, "warning") {
		t.Errorf("stderr: %s", log)
	}
	for _, private := range []string{token, "my prompt", "sk-own"} {
		if strings.Contains(log, private) {
			t.Errorf("%q is in the log: %s", private, log)
		}
	}
}

// The address of the page is printed, and only with --ui.
func TestGatewayUI(t *testing.T) {
	t.Setenv(secretEnv, "")
	for _, args := range [][]string{{"--ui"}, nil} {
		g := startGateway(t, args...)
		_, after, printed := strings.Cut(g.greeting, "\ndebug page: ")
		page, _, _ := strings.Cut(after, "\n")
		if printed != (args != nil) || printed && page != g.url+"/debug/" {
			t.Errorf("%q: greeting %q", args, g.greeting)
		}
		resp, err := http.Get(g.url + "/debug/") //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[printed]; resp.StatusCode != want {
			t.Errorf("%q: %s, want %d", args, resp.Status, want)
		}
		g.end(t)
	}
}

func TestPageURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/debug/",
		"[::1]:8080":     "http://[::1]:8080/debug/",
		"0.0.0.0:8080":   "http://localhost:8080/debug/",
		"[::]:9090":      "http://localhost:9090/debug/",
		"192.0.2.1:80":   "",
	} {
		got, err := pageURL(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %s, %v, want %s", addr, got, err, want)
		}
	}
}

func TestGatewayTakesASecret(t *testing.T) {
	const inEnv, inFlag = "the-environment's-secret-of-32-bytes", "the-flag's-secret-of-thirty-two-bytes"
	t.Setenv(secretEnv, inEnv)
	tests := []struct {
		name, works, fails string
		args               []string
	}{
		{"environment", inEnv, inFlag, nil},
		{"flag wins", inFlag, inEnv, []string{"--jwt-secret", inFlag}},
	}
	for _, tt := range tests { //nolint:paralleltest // the environment is set
		t.Run(tt.name, func(t *testing.T) {
			g := startGateway(t, tt.args...)
			for secret, want := range map[string]int{tt.works: http.StatusOK, tt.fails: http.StatusUnauthorized} {
				token, err := devgateway.Mint([]byte(secret), devgateway.Claims{Tenant: "acme"})
				if err != nil {
					t.Fatal(err)
				}
				if code, _, body := g.ask(t, "Bearer "+token); code != want {
					t.Errorf("secret %q: %d %s, want %d", secret, code, body, want)
				}
			}
			if strings.Contains(g.greeting, "TOKEN") || strings.Contains(g.greeting, "secret") {
				t.Errorf("greeting: %s", g.greeting)
			}
			if log := g.end(t); strings.Contains(log, "secret-of") {
				t.Errorf("the secret is in the log: %s", log)
			}
		})
	}
}

// A gateway accepts tokens that gateway token signs with the same secret.
func TestGatewayAcceptsItsToken(t *testing.T) {
	t.Setenv(secretEnv, "the-environment's-secret-of-32-bytes")
	g := startGateway(t)
	mint := func(args ...string) string {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), append([]string{"gateway", "token"}, args...), strings.NewReader(""), &stdout, &stderr); code != exitOK {
			t.Fatalf("exit code %d, stderr %q", code, stderr.String())
		}
		return "Bearer " + strings.TrimSpace(stdout.String())
	}
	acme := mint("--tenant", "acme", "--ttl", "1h")
	g.wantCache(t, acme, "MISS", "#1 my prompt")
	g.wantCache(t, mint("--tenant", "acme"), "HIT_L1", "#1 my prompt")
	g.wantCache(t, mint("--tenant", "other"), "MISS", "#2 my prompt")
	g.wantCache(t, mint(), "MISS", "#3 my prompt")
	other := mint("--jwt-secret", "the-flag's-secret-of-thirty-two-bytes")
	if code, _, _ := g.ask(t, other); code != http.StatusUnauthorized {
		t.Errorf("a token of another secret is answered with %d", code)
	}
	_, payload, _ := strings.Cut(acme, ".eyJ")
	_, payload, _ = strings.Cut(payload, ".eyJ")
	payload, _, _ = strings.Cut(payload, ".")
	claims, err := base64.RawURLEncoding.DecodeString("eyJ" + payload)
	if err != nil || !regexp.MustCompile(`"exp":\d+`).Match(claims) {
		t.Errorf("claims %s, %v; want the end of the token", claims, err)
	}
	g.end(t)
}

// An answer in progress is completed when the gateway stops.
func TestGatewayForwardsAndEndsGracefully(t *testing.T) {
	t.Setenv(secretEnv, "")
	t.Setenv(keyEnv, "sk-env\n")
	var g *runningGateway
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer sk-env" || r.URL.Path != "/v1/chat/completions" {
			t.Errorf("%s with the key %q", r.URL.Path, got)
		}
		g.stop()
		fmt.Fprint(w, "whole")
	}))
	defer server.Close()
	g = startGateway(t, "--upstream", server.URL)
	g.wantCache(t, "Bearer sk-own", "BYPASS", "whole")
	g.end(t)
}

func TestGatewayStrictHash(t *testing.T) {
	t.Setenv(secretEnv, "")
	for _, tt := range []struct { //nolint:paralleltest // the environment is set
		args []string
		want string // after an invalidation, the second time
	}{
		{nil, "HIT_L1"},
		{[]string{"--strict-hash"}, "MISS"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			g := startGateway(t, tt.args...)
			_, token, _ := strings.Cut(g.greeting, "CACHECORE_TOKEN=")
			token, _, _ = strings.Cut(token, "\n")
			last := ""
			for _, step := range [][2]string{{"/v1/invalidate", `{"dep_id":"doc:42"}`}, {"/v1/chat/completions", question}, {"/v1/chat/completions", question}} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+step[0], strings.NewReader(step[1]))
				if err != nil {
					t.Fatal(err)
				}
				req.Header = http.Header{
					"Content-Type": {"application/json"}, "X-Cachecore-Token": {token},
					"X-Cachecore-Deps": {"W3siZGVwX2lkIjoiZG9jOjQyIn1d"}, // [{"dep_id":"doc:42"}]
				}
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				last = resp.Header.Get("X-Cache")
			}
			if last != tt.want {
				t.Errorf("got %s, want %s", last, tt.want)
			}
			g.end(t)
		})
	}
}

func TestGatewayWarnsWhenOthersCanReachIt(t *testing.T) {
	t.Parallel()
	g := startGateway(t, "--addr", "0.0.0.0:0")
	if log := g.end(t); !strings.Contains(log, "depgen: warning: ") || !strings.Contains(log, "other machines") {
		t.Errorf("stderr: %s", log)
	}
}

func TestGatewayRefuses(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"empty address", []string{"--addr", ""}, "--addr is empty"},
		{"address in use", []string{"--addr", taken.Addr().String()}, "name another address with --addr"},
		{"address without a port", []string{"--addr", "localhost"}, "missing port"},
		{"empty secret", []string{"--jwt-secret", ""}, "--jwt-secret is empty"},
		{"upstream that is no URL", []string{"--upstream", "ech"}, `--upstream: upstream URL "ech"`},
		{"no memory", []string{"--cache-bytes", "0"}, "--cache-bytes 0 is not positive"},
		{"argument", []string{"echo"}, "unexpected argument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			args := append([]string{"gateway", "--addr", "127.0.0.1:0"}, tt.args...)
			code := run(t.Context(), args, strings.NewReader(""), io.Discard, &stderr)
			if code != exitTrouble || !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("exit code %d, stderr %q, want %d and %q", code, stderr.String(), exitTrouble, tt.want)
			}
		})
	}
}
