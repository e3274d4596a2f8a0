package cachecore_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// A RoundTripper sees every hop of a redirect. If it adds its headers to every
// request, it gives the token to any host that the gateway names.
func TestTransport_OriginOnlyOnRedirects(t *testing.T) {
	t.Parallel()
	for _, code := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			other := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Cache", "HIT_L2")
			})
			gateway := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
				http.Redirect(w, req, other.URL+"/elsewhere", code)
			})
			logs := &logBuffer{}
			c := newClient(t, gateway.URL, logs.option())
			ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
			// An http.Client copies all but Authorization itself, and that too
			// to another port of the host.
			post(ctx, t, c.HTTPClient(), gateway.URL,
				"Authorization", "Bearer "+testJWT, "X-Api-Key", testToken, "X-Cachecore-Token", testToken, "X-Other", "stays")

			first, hop := gateway.only(t), other.only(t)
			if first.Header.Get("X-Cachecore-Token") != testToken || len(depsOf(t, first.Header)) != 1 {
				t.Errorf("the gateway itself got %v", first.Header)
			}
			requireUntagged(t, hop.Header)
			if hop.Header.Get("X-Other") != "stays" {
				t.Error("a header that is not ours was removed")
			}
			if s := call.Statuses(); len(s) != 0 {
				t.Errorf("statuses %v were taken from another origin", s)
			}
			if n := strings.Count(logs.String(), "another host"); n != 1 {
				t.Errorf("%d warnings, want 1:\n%s", n, logs)
			}
			if strings.Contains(logs.String(), other.Listener.Addr().String()) {
				t.Errorf("the log has a text of the gateway's choice:\n%s", logs)
			}
		})
	}
}

func TestTransport_OriginIsSchemeHostAndPort(t *testing.T) {
	t.Parallel()
	tests := []struct {
		gateway, url string
		same         bool
	}{
		{"http://gateway.test", "http://gateway.test/v1/chat/completions", true},
		{"http://gateway.test/prefix", "http://gateway.test/v1", true},
		{"http://gateway.test", "http://gateway.test:80/v1", true},
		{"https://gateway.test:443", "https://gateway.test/v1", true},
		{"http://Gateway.Test", "http://gateway.TEST/", true},
		{"http://[::1]:8080", "http://[::1]:8080/", true},
		{"http://gateway.test", "https://gateway.test/v1", false},
		{"https://gateway.test", "http://gateway.test/v1", false},
		{"http://gateway.test", "http://gateway.test:8080/v1", false},
		{"http://gateway.test:8080", "http://gateway.test:8081/v1", false},
		{"http://gateway.test", "http://auth.gateway.test/v1", false},
		{"http://gateway.test", "http://gateway.test.evil/v1", false},
		{"http://gateway.test", "http://gateway.test@evil.test/v1", false},
		// Both letters are ASCII to strings.ToLower.
		{"http://gateway.internal", "http://gateway.\u0130nternal/v1", false},
		{"http://kv.test", "http://\u212Av.test/v1", false},
	}
	for _, tt := range tests {
		t.Run(tt.gateway+" "+tt.url, func(t *testing.T) {
			t.Parallel()
			var h http.Header
			c := newClient(t, tt.gateway, cachecore.WithBaseTransport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				h = req.Header
				return answer(req, 200, "", ""), nil
			})))
			send(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")), t, c, tt.url)
			if _, tagged := h["X-Cachecore-Token"]; tagged != tt.same {
				t.Errorf("token sent: %t, want %t", tagged, tt.same)
			}
			if _, tagged := h["X-Cachecore-Deps"]; tagged != tt.same {
				t.Errorf("deps sent: %t, want %t", tagged, tt.same)
			}
		})
	}
}

// send passes a request for url through the client.
func send(ctx context.Context, t testing.TB, c *cachecore.Client, url string, header ...string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

// SDKs fetch tokens of their own through the client that they are given.
func TestTransport_SideRequestsPassUnchanged(t *testing.T) {
	t.Parallel()
	gateway, auth := newRecorder(t, nil), newRecorder(t, nil)
	logs := &logBuffer{}
	c := newClient(t, gateway.URL, logs.option())
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
	for range 3 {
		send(ctx, t, c, auth.URL+"/oauth/token", "Authorization", "Basic c2Rr", "X-Stainless-Os", "Linux")
	}
	for _, r := range auth.requests() {
		requireUntagged(t, r.Header)
		if r.Header.Get("Authorization") != "Basic c2Rr" || r.Header.Get("X-Stainless-Os") != "Linux" {
			t.Errorf("the side request was changed: %v", r.Header)
		}
	}
	if n := len(auth.requests()); n != 3 {
		t.Errorf("%d side requests arrived, want 3", n)
	}
	if len(call.Statuses()) != 0 {
		t.Error("a status was captured from another origin")
	}
	if n := strings.Count(logs.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings for one host, want 1:\n%s", n, logs)
	}
}

func TestTransport_WarnsOncePerHost(t *testing.T) {
	t.Parallel()
	logs := &logBuffer{}
	c := inMemory(t, func(req *http.Request) (*http.Response, error) { return answer(req, 200, "", ""), nil }, logs.option())
	for range 5 {
		for _, host := range []string{"a.test", "b.test", "a.test:8080"} {
			send(t.Context(), t, c, "https://"+host+"/secret-path")
		}
	}
	for _, host := range []string{"host=a.test ", "host=b.test ", "host=a.test:8080 "} {
		if n := strings.Count(logs.String(), host); n != 1 {
			t.Errorf("%d warnings with %s, want 1", n, host)
		}
	}
	if strings.Contains(logs.String(), "secret-path") {
		t.Error("the log shows more of the URL than its host")
	}
}

func TestTransport_WarnsOfALimitedNumberOfHosts(t *testing.T) {
	t.Parallel()
	logs := &logBuffer{}
	c := inMemory(t, func(req *http.Request) (*http.Response, error) { return answer(req, 200, "", ""), nil }, logs.option())
	for i := range 150 {
		send(t.Context(), t, c, fmt.Sprintf("https://host-%d.test/", i))
	}
	if n := strings.Count(logs.String(), "level=WARN"); n != 100 {
		t.Errorf("%d warnings for 150 hosts, want 100", n)
	}
}

func TestTransport_OriginSurvivesSameOriginRedirect(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/moved" {
			http.Redirect(w, req, "/moved", http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("X-Cache", "MISS")
	})
	c := newClient(t, gateway.URL)
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
	post(ctx, t, c.HTTPClient(), gateway.URL)
	seen := gateway.requests()
	if len(seen) != 2 {
		t.Fatalf("%d requests, want 2", len(seen))
	}
	for _, r := range seen {
		if ids := idsOf(t, r.Header); len(ids) != 1 || r.Header.Get("X-Cachecore-Token") == "" {
			t.Errorf("%s got deps %v, header %v", r.Path, ids, r.Header)
		}
	}
	if n := len(call.Statuses()); n != 1 {
		t.Errorf("%d statuses, want 1", n)
	}
}

// FuzzTransport_Origin holds origins to their bytes: two hosts are one only if
// they differ in the case of ASCII letters.
func FuzzTransport_Origin(f *testing.F) {
	for _, host := range []string{"gateway.test", "GATEWAY.test", "gateway.t\u0130est", "g\u212Aw.test", "gateway.test.", "xn--gteway-cva.test", "[::1]"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+"/v1", nil)
		if err != nil {
			return
		}
		c := inMemory(t, func(req *http.Request) (*http.Response, error) {
			name := strings.TrimSuffix(req.URL.Host, ":80")
			ours := len(name) == len("gateway.test") && strings.EqualFold(name, "gateway.test")
			if _, tagged := req.Header["X-Cachecore-Token"]; tagged && !ours {
				t.Errorf("token sent to %q", req.URL.Host)
			}
			return answer(req, 200, "", ""), nil
		})
		resp, err := c.Transport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	})
}
