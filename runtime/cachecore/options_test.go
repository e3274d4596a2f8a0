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
		{"URL empty", "", testToken, nil, "gateway URL: no http or https URL"},
		{"URL without scheme", "gateway.test", testToken, nil, "gateway URL: no http or https URL"},
		{"host and port alone", "localhost:8080", testToken, nil, "gateway URL: no http or https URL"},
		{"other scheme", "ftp://gateway.test", testToken, nil, "gateway URL: no http or https URL"},
		{"no host", "https:///v", testToken, nil, "gateway URL: no http or https URL"},
		{"URL unreadable", "https://gateway.test\x7f", testToken, nil, "gateway URL: not a URL"},
		{"user name", "https://u@gateway.test", testToken, nil, "holds a user name"},
		{"query", url + "?x=1", testToken, nil, "holds a query or a fragment"},
		{"bare question mark", url + "?", testToken, nil, "holds a query or a fragment"},
		{"fragment", url + "#x", testToken, nil, "holds a query or a fragment"},
		{"the SDK's base URL", url + "/v1", testToken, nil, "ends in /v1"},
		{"the same with a slash", url + "/v1/", testToken, nil, "ends in /v1"},
		{"host that is not ASCII", "https://gate\u0130way.test", testToken, nil, "host is not ASCII"},
		{"escaped host that is not ASCII", "https://gate%C4%B0way.test", testToken, nil, "host is not ASCII"},
		{"port too large", url + ":99999", testToken, nil, "port is out of range"},
		{"port with a zero before it", url + ":080", testToken, nil, "port is out of range"},
		{"port 0", url + ":0", testToken, nil, "port is out of range"},
		{"token empty", url, "", nil, "token: empty"},
		{"token blank", url, " \n", nil, "token: empty"},
		{"token with a line break inside", url, "a\nb", nil, "token: byte 1 cannot stand in an HTTP header"},
		{"token with a space inside", url, "a b", nil, "token: byte 1 cannot stand"},
		{"token not ASCII", url, "tökén", nil, "token: byte 1 cannot stand"},
		{"nil option", url, testToken, []cachecore.Option{nil}, "an option is nil"},
		{"timeout", url, testToken, []cachecore.Option{cachecore.WithTimeout(0)}, "WithTimeout: 0s is not more than 0"},
		{"base", url, testToken, []cachecore.Option{cachecore.WithBaseTransport(nil)}, "WithBaseTransport: the RoundTripper is nil"},
		{"logger", url, testToken, []cachecore.Option{cachecore.WithLogger(nil)}, "WithLogger: the logger is nil"},
		{"retry", url, testToken, []cachecore.Option{cachecore.WithRetry(cachecore.RetryPolicy{MaxAttempts: -1})}, "WithRetry: a field is negative"},
		{"concurrency", url, testToken, []cachecore.Option{cachecore.WithConcurrency(0)}, "WithConcurrency: 0 is less than 1"},
		{"header budget", url, testToken, []cachecore.Option{cachecore.WithHeaderBudget(0)}, "WithHeaderBudget: 0 is less than 1"},
		{"second pass", url, testToken, []cachecore.Option{cachecore.WithSecondPass(-1)}, "WithSecondPass: -1ns is not more than 0"},
		{"fill window", url, testToken, []cachecore.Option{cachecore.WithFillWindow(0)}, "WithFillWindow: 0s is not more than 0"},
		{"all of them", url, testToken, []cachecore.Option{cachecore.WithTimeout(0), cachecore.WithConcurrency(-2)}, "WithConcurrency: -2 is less than 1"},
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
