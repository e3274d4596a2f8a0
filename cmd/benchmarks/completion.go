package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"

	"github.com/depgen/depgen/runtime/devgateway"
)

const secret = "a secret for measurements, 32 bytes"

// depsHeader declares doc:contract-1 and table:docs.
const depsHeader = "W3siZGVwX2lkIjoiZG9jOmNvbnRyYWN0LTEiLCJleHBlY3RlZF9oYXNoIjoidjEifSx7ImRlcF9pZCI6InRhYmxlOmRvY3MiLCJleHBlY3RlZF9oYXNoIjoidjEifV0"

// prompt returns the body of a completion request with a kilobyte of text. Each
// number makes another prompt.
func prompt(number int) string {
	text := strings.Repeat("The parties agree on what is written here. ", 24)
	return fmt.Sprintf(`{"model":"echo","messages":[{"role":"system","content":"Answer in one paragraph."},{"role":"user","content":"%d: %s"}]}`, number, text)
}

// completion returns a completion request with a token and two deps.
func completion(ctx context.Context, base string, number int) (*http.Request, error) {
	token, err := devgateway.Mint([]byte(secret), devgateway.Claims{Tenant: "acme", Roles: []string{"reader"}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/chat/completions", strings.NewReader(prompt(number)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Cachecore-Token", token)
	req.Header.Set("X-Cachecore-Deps", depsHeader)
	return req, nil
}

// recordHit fills a gateway's cache. It returns a request in wire format and
// the answer to it from then on.
func recordHit(ctx context.Context, base string) (request, answer []byte, err error) {
	for range 2 {
		req, err := completion(ctx, base, 0)
		if err != nil {
			return nil, nil, err
		}
		if answer, err = exchange(req); err != nil {
			return nil, nil, err
		}
	}
	req, err := completion(ctx, base, 0)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	if err := req.Write(&b); err != nil {
		return nil, nil, fmt.Errorf("write the request: %w", err)
	}
	return b.Bytes(), answer, nil
}

// exchange returns the answer to a request in wire format, without its date.
func exchange(req *http.Request) ([]byte, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body) // the status describes the error well enough
		return nil, fmt.Errorf("answer %s: %s", res.Status, text)
	}
	res.Header.Del("Date")
	answer, err := httputil.DumpResponse(res, true)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return answer, nil
}
