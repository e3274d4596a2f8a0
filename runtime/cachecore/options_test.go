package cachecore_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestNew_ChecksItsArguments(t *testing.T) {
	t.Parallel()
	const url = "https://gateway.test"
	tests := []struct {
		name, url, token string
		opts             []cachecore.Option
		err              string
	}{
		{"URL empty", "", testToken, nil, "gateway URL has no host, or a scheme other than http and https; write it as https://host"},
		{"URL without scheme", "gateway.test", testToken, nil, "gateway URL has no host, or a scheme other than http and https; write it as https://host"},
		{"host and port alone", "localhost:8080", testToken, nil, "gateway URL has no host, or a scheme other than http and https; write it as https://host"},
		{"other scheme", "ftp://gateway.test", testToken, nil, "gateway URL has no host, or a scheme other than http and https; write it as https://host"},
		{"no host", "https:///v", testToken, nil, "gateway URL has no host, or a scheme other than http and https; write it as https://host"},
		{"URL unreadable", "https://gateway.test\x7f", testToken, nil, "gateway URL is not a URL; write it as https://host"},
		{"user name", "https://u@gateway.test", testToken, nil, "gateway URL contains a user name; pass the token as the second argument"},
		{"query", url + "?x=1", testToken, nil, "gateway URL contains a query or a fragment; remove it"},
		{"bare question mark", url + "?", testToken, nil, "gateway URL contains a query or a fragment; remove it"},
		{"fragment", url + "#x", testToken, nil, "gateway URL contains a query or a fragment; remove it"},
		{"the SDK's base URL", url + "/v1", testToken, nil, "gateway URL must not end in /v1; add /v1 to the SDK's base URL instead"},
		{"the same with a slash", url + "/v1/", testToken, nil, "gateway URL must not end in /v1; add /v1 to the SDK's base URL instead"},
		{"host that is not ASCII", "https://gate\u0130way.test", testToken, nil, "gateway URL has a host that is not ASCII; write"},
		{"escaped host that is not ASCII", "https://gate%C4%B0way.test", testToken, nil, "gateway URL has a host that is not ASCII; write"},
		{"port too large", url + ":99999", testToken, nil, "gateway URL has a port that is out of range; use 1 to 65535"},
		{"port with a zero before it", url + ":080", testToken, nil, "gateway URL has a port that is out of range; use 1 to 65535"},
		{"port 0", url + ":0", testToken, nil, "gateway URL has a port that is out of range; use 1 to 65535"},
		{"token empty", url, "", nil, "token is empty; pass the tenant's token"},
		{"token blank", url, " \n", nil, "token is empty; pass the tenant's token"},
		{"token with a line break inside", url, "a\nb", nil, "token has a byte at offset 1 that is not allowed in an HTTP header; check"},
		{"token with a space inside", url, "a b", nil, "token has a byte at offset 1 that is not allowed"},
		{"token not ASCII", url, "tökén", nil, "token has a byte at offset 1 that is not allowed"},
		{"nil option", url, testToken, []cachecore.Option{nil}, "an option is nil; remove it"},
		{"timeout", url, testToken, []cachecore.Option{cachecore.WithTimeout(0)}, "WithTimeout: 0s is not more than 0; use a positive duration"},
		{"base", url, testToken, []cachecore.Option{cachecore.WithBaseTransport(nil)}, "WithBaseTransport: the RoundTripper is nil; remove"},
		{"logger", url, testToken, []cachecore.Option{cachecore.WithLogger(nil)}, "WithLogger: the logger is nil; use slog.New"},
		{"retry", url, testToken, []cachecore.Option{cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: -1})}, "WithRetry: a field is negative; set it to 0"},
		{"concurrency", url, testToken, []cachecore.Option{cachecore.WithConcurrency(0)}, "WithConcurrency: 0 is less than 1; use 1 or more"},
		{"header budget", url, testToken, []cachecore.Option{cachecore.WithHeaderBudget(0)}, "WithHeaderBudget: 0 is less than 1; use 1 or more"},
		{"second pass", url, testToken, []cachecore.Option{cachecore.WithSecondPass(-1)}, "WithSecondPass: -1ns is not more than 0; use a positive duration"},
		{"fill window", url, testToken, []cachecore.Option{cachecore.WithFillWindow(0)}, "WithFillWindow: 0s is not more than 0; use a positive duration"},
		{"all of them", url, testToken, []cachecore.Option{cachecore.WithTimeout(0), cachecore.WithConcurrency(-2)}, "WithConcurrency: -2 is less than 1; use 1 or more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := cachecore.New(tt.url, tt.token, tt.opts...)
			if c != nil || err == nil || !strings.HasPrefix(err.Error(), "cachecore: ") || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("New gives %v, %v; want an error with %q", c, err, tt.err)
			}
		})
	}
}

// A token read from a file ends in a newline, which would fail every request.
func TestNew_TrimsToken(t *testing.T) {
	t.Parallel()
	var got string
	c, err := cachecore.New("http://gateway.test", "\t"+testToken+"\r\n", cachecore.WithBaseTransport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		got = req.Header.Get("X-Cachecore-Token")
		return answer(req, 200, "", ""), nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	post(t.Context(), t, c.HTTPClient(), "http://gateway.test")
	if got != testToken {
		t.Errorf("token sent as %q", got)
	}
}

// A gateway may be at a URL with a path, which both kinds of request keep.
func TestNew_URLWithPath(t *testing.T) {
	t.Parallel()
	gateway := newRecorder(t, replies(200, receiptOK))
	c := newClient(t, gateway.URL+"/cache/")
	if err := c.Invalidate(t.Context(), cachecore.NewDep("doc:1")); err != nil {
		t.Fatal(err)
	}
	if got := gateway.only(t).Path; got != "/cache/v1/invalidate" {
		t.Errorf("path %q", got)
	}
}
