package devgateway

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// completionsPath is the path of chat completions on an OpenAI-compatible
// server, below /v1.
const completionsPath = "/chat/completions"

// Forward returns an upstream that sends requests to an OpenAI-compatible
// server. The base URL may end in /v1 or omit it. One that ends in
// /chat/completions is used unchanged. A non-empty key replaces the client's
// own Authorization. If rt is nil, Forward uses http.DefaultTransport. It
// returns an error that describes the fault if the base URL is invalid.
func Forward(base, key string, rt http.RoundTripper) (http.RoundTripper, error) {
	u, err := endpointURL("upstream", base, key, completionsPath)
	if err != nil {
		return nil, err
	}
	if rt == nil {
		rt = http.DefaultTransport
	}
	return &forwarder{u, key, rt}, nil
}

// endpointURL returns the URL of an endpoint of the server, or an error that
// describes the fault of the base URL or the key.
func endpointURL(server, base, key, endpoint string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		// The parser's error quotes the URL, which may contain a password.
		return nil, fmt.Errorf("%s URL does not parse; write it as https://host/v1", server)
	}
	if u.Opaque != "" { // of user:password@host too
		return nil, fmt.Errorf("%s URL has no host or is not http; write it as https://host/v1", server)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s URL %q has no host or is not http; write it as https://host/v1", server, u.Redacted())
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%s URL of %q has more than a host and a path; leave the user, the query and the fragment out", server, u.Host)
	}
	if key != strings.TrimSpace(key) || strings.ContainsAny(key, "\r\n") {
		return nil, fmt.Errorf("%s key has space around it or a line break in it; trim it", server)
	}
	path := strings.TrimRight(u.Path, "/")
	if strings.HasSuffix(path, endpoint) {
		return u, nil
	}
	if !strings.HasSuffix(path, "/v1") {
		path += "/v1"
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path + endpoint}, nil
}

type forwarder struct {
	url  *url.URL
	key  string
	base http.RoundTripper
}

// RoundTrip sends a copy of r to the server.
func (f *forwarder) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL, r.Host = f.url, f.url.Host
	if f.key != "" {
		r.Header.Set("Authorization", "Bearer "+f.key)
	}
	return f.base.RoundTrip(r)
}
