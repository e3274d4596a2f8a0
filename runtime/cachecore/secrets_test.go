package cachecore_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// requireNoToken fails if a text shows the token, its JWT or the JWT's
// signature.
func requireNoToken(t testing.TB, what, text string) {
	t.Helper()
	if strings.Contains(text, "c2lnbmF0dXJl") || strings.Contains(text, "cc_live_") {
		t.Errorf("%s shows the token: %s", what, text)
	}
}

func TestToken_IsNotPrinted(t *testing.T) {
	t.Parallel()
	c := inMemory(t, nil)
	holder := struct {
		Client    *cachecore.Client
		Transport http.RoundTripper
		private   *cachecore.Client
	}{c, c.Transport(), c}
	for name, v := range map[string]any{
		"client": c, "transport": c.Transport(), "http client": c.HTTPClient(), "holder": holder, "pointer to holder": &holder,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			requireNoToken(t, name+" as "+verb, fmt.Sprintf(verb, v))
		}
		logs := &logBuffer{}
		slog.New(slog.NewJSONHandler(logs, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(logs, nil)).Info("x", "v", v)
		requireNoToken(t, name+" in a log", logs.String())
	}
	if got := fmt.Sprintf("%v %#v %v", c, c, c.Transport()); got != "cachecore.Client(http://gateway.test:80) cachecore.Client(http://gateway.test:80) cachecore.Transport(http://gateway.test:80)" {
		t.Errorf("printed as %s", got)
	}
}

// Gateways that show in each of their answers the token that they were sent.
var echoes = map[string]http.HandlerFunc{
	"redirect":          echo(302, "%s", "Location", "http://%s/"),
	"bad redirect":      echo(302, "%s", "Location", "http://%%zz/%s"),
	"400":               echo(400, "bad token %s"),
	"401":               echo(401, `{"error":{"message":"token %s is expired"}}`),
	"403, long":         echo(403, strings.Repeat("x", 250)+"%s"),
	"404":               echo(404, "%s"),
	"429":               echo(429, "%s", "Retry-After", "%s"),
	"500":               echo(500, "%s"),
	"ok false":          echo(200, `{"ok":false,"error":{"message":"%s"}}`),
	"other JSON":        echo(200, `{"ok":"%s"}`),
	"not JSON":          echo(200, "%s"),
	"oversized":         echo(200, strings.Repeat("%[1]s ", 2000)),
	"truncated":         echo(200, "%s", "Content-Length", "100000"),
	"HTTP status":       raw("HTTP/1.1 %s OK\r\n\r\n"),
	"HTTP version":      raw("%s\r\n\r\n"),
	"HTTP header":       raw("HTTP/1.1 200 OK\r\n%s\r\n\r\n"),
	"HTTP length":       raw("HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n"),
	"transfer encoding": raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n"),
	"trailer":           raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\n%s\r\n\r\n"),
	"trailer of a hit":  raw("HTTP/1.1 200 OK\r\nX-Cache: HIT_L1\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\n%s\r\n\r\n"),
	"trailer of a 400":  raw("HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\n%s\r\n\r\n"),
	"content lengths":   raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: %s\r\n\r\n{}"),
	"chunk":             raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n"),
}

// encodings are ways to write a text that a search for the text does not find.
var encodings = map[string]func(string) string{
	"base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"URL":    func(s string) string { return strings.ReplaceAll(s, ".", "%2E") },
	"JSON":   func(s string) string { return strings.ReplaceAll(s, ".", `\u002e`) },
	"lines":  func(s string) string { return s[:len(s)/2] + "\n" + s[len(s)/2:] },
	"case":   strings.ToUpper,
	"hex":    func(s string) string { return hex.EncodeToString([]byte(s)) },
}

// A search cannot find every encoding of the token, so no text that the gateway
// sent is printed.
func TestToken_EncodedEchoIsInNoError(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"not a receipt": "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s",
		"ok false":      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"ok\":false,\"reason\":\"%s\"}",
		"400":           "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n%s",
		"reason phrase": "HTTP/1.1 400 %s\r\nConnection: close\r\n\r\n",
		"redirect":      "HTTP/1.1 302 Found\r\nLocation: http://[%s/\r\nConnection: close\r\n\r\n",
		"not HTTP":      "%s\r\n\r\n",
		"header":        "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
		"trailer":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\n%s\r\n\r\n",
	}
	for encoding, encode := range encodings {
		for name, text := range answers {
			t.Run(encoding+" in "+name, func(t *testing.T) {
				t.Parallel()
				gateway := newRecorder(t, raw(strings.ReplaceAll(text, "%s", strings.ReplaceAll(encode("MARK."+strings.Repeat("eyJ.", 9)), "%", "%%"))+"%.0s"))
				logs := &logBuffer{}
				c := newClient(t, gateway.URL, quick(1), logs.option(), cachecore.WithSecondPass(1))
				err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1"))
				if err == nil {
					t.Fatal("no error")
				}
				if err := c.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				sent := encode("MARK." + strings.Repeat("eyJ.", 9))
				for what, got := range map[string]string{"error": fmt.Sprintf("%v %+v %#v", err, err, err), "log": logs.String()} {
					for piece := range strings.FieldsSeq(sent) {
						if strings.Contains(got, piece[:8]) {
							t.Errorf("%s shows a text of the gateway's: %s", what, got)
						}
					}
				}
			})
		}
	}
}

func tokenOf(req *http.Request) string {
	if token := req.Header.Get("X-Cachecore-Token"); token != "" {
		return token
	}
	return strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
}

func echo(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			value := header[i+1]
			if strings.Contains(value, "%") {
				value = fmt.Sprintf(value, tokenOf(req))
			}
			w.Header().Set(header[i], value)
		}
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, body, tokenOf(req))
	}
}

func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprintf(conn, text, tokenOf(req))
	}
}

func TestToken_IsInNoErrorOfAnInvalidation(t *testing.T) {
	t.Parallel()
	for name, h := range echoes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, h)
			logs := &logBuffer{}
			c := newClient(t, gateway.URL, quick(2), logs.option(), cachecore.WithSecondPass(1))
			err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1"))
			if err == nil {
				t.Fatal("no error")
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				requireNoToken(t, "error", fmt.Sprintf("%v %+v %#v", e, e, e))
			}
			var invErr *cachecore.InvalidateError
			if errors.As(err, &invErr) {
				requireNoToken(t, "cause", fmt.Sprintf("%v %+v", invErr.Err, invErr.Err))
			}
			var gwErr *cachecore.Error
			if errors.As(err, &gwErr) {
				requireNoToken(t, "message", gwErr.Message)
			}
			if err := c.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if log := logs.String(); !strings.Contains(log, "second pass") {
				t.Errorf("the second pass failed too and was not logged:\n%s", log)
			}
			requireNoToken(t, "log", logs.String())
		})
	}
}

func TestToken_IsInNoErrorOfTheTransport(t *testing.T) {
	t.Parallel()
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	tests := map[string]string{"connection refused": "http://" + closed.Addr().String()}
	for name, h := range echoes {
		if name != "bad redirect" && name != "redirect" { // an answer, which is the SDK's to read
			tests[name] = newRecorder(t, h).URL
		}
	}
	for name, url := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logs := &logBuffer{}
			c := newClient(t, url, logs.option())
			for _, ctx := range []context.Context{
				t.Context(),
				cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")),
				cachecore.WithDeps(t.Context(), cachecore.NewDep("")),
			} {
				req, _ := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
				resp, err := c.HTTPClient().Do(req)
				if err != nil {
					requireNoToken(t, "error", fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)))
					continue
				}
				_, err = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				requireNoToken(t, "body's error", fmt.Sprint(err))
			}
			requireNoToken(t, "log", logs.String())
		})
	}
}

// An http.Client as a base transport wraps errors in a url.Error, and two wrap
// them twice.
func TestToken_IsInNoErrorOfNestedClients(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, raw("HTTP/1.1 %s\r\n\r\n"))
	inner := &http.Client{Transport: roundTripFunc((&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do)}
	c := newClient(t, gateway.URL, quick(1), cachecore.WithBaseTransport(roundTripFunc(inner.Do)))
	err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1"))
	if err == nil || strings.Contains(err.Error(), "malformed") {
		t.Errorf("got %v", err)
	}
	requireNoToken(t, "error", fmt.Sprint(err))
}

// closeEcho is a body that shows the token when it is closed.
type closeEcho struct{ io.Reader }

func (closeEcho) Close() error { return errors.New("malformed trailer " + testToken) }

func TestToken_IsInNoErrorOfClose(t *testing.T) {
	t.Parallel()
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		resp := answer(req, 200, "MISS", "")
		resp.Body = closeEcho{strings.NewReader("x")}
		return resp, nil
	})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://gateway.test/", nil)
	resp, err := c.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	err = resp.Body.Close()
	if err == nil {
		t.Error("the error is lost")
	}
	requireNoToken(t, "error", fmt.Sprint(err))
}

// Swapped arguments and tokens with a stray byte must not end up in an error.
func TestToken_IsInNoErrorOfNew(t *testing.T) {
	t.Parallel()
	for _, args := range [][2]string{
		{testToken, "http://gateway.test"},
		{"http://user:" + testToken + "@gateway.test", testToken},
		{"http://gateway.test:" + testToken, testToken},
		{"http://gateway.test?token=" + testToken, testToken},
		{"http://gateway.test", testToken + "\nx"},
	} {
		_, err := cachecore.New(args[0], args[1])
		if err == nil {
			t.Errorf("New(%q) succeeds", args)
			continue
		}
		requireNoToken(t, "error", err.Error())
	}
}
