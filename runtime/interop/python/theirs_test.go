package python

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"testing"
	"time"
)

// theirs is the vendor's client, in a process of its own.
type theirs struct {
	in     *json.Encoder
	out    *json.Decoder
	stderr *bytes.Buffer
}

// newTheirs starts the client for a gateway. Its timeout limits invalidations.
func newTheirs(t *testing.T, gateway, token string, timeout time.Duration) *theirs {
	t.Helper()
	// The test's own context would kill it before its clean-up.
	cmd := exec.CommandContext(context.Background(), interpreter(t), "driver.py")
	cmd.Env = append(os.Environ(), "NO_PROXY=*") // the gateway is on loopback
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // this ends the driver
		if _, err := io.Copy(io.Discard, out); err != nil {
			t.Errorf("driver.py: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("driver.py: %v\n%s", err, stderr)
		}
	})
	p := &theirs{in: json.NewEncoder(in), out: json.NewDecoder(out), stderr: stderr}
	if err := p.in.Encode(map[string]any{"gateway": gateway, "token": token, "timeout": timeout.Seconds()}); err != nil {
		t.Fatal(err)
	}
	return p
}

// call sends op to the driver and decodes its answer.
func call[T any](t *testing.T, p *theirs, op string, arguments map[string]any) T {
	t.Helper()
	line := map[string]any{"op": op}
	maps.Copy(line, arguments)
	var result T
	if err := p.in.Encode(line); err != nil {
		t.Fatalf("driver.py %s: %v\n%s", op, err, p.stderr)
	}
	if err := p.out.Decode(&result); err != nil {
		t.Fatalf("driver.py %s: %v", op, err)
	}
	return result
}

func (p *theirs) post(t *testing.T, r request) answer {
	t.Helper()
	type scope struct {
		Deps   []wireDep `json:"deps"`
		Bypass bool      `json:"bypass"`
	}
	scopes := []scope{}
	for _, deps := range r.deps {
		scopes = append(scopes, scope{Deps: wireDeps(deps)})
	}
	if r.bypass {
		scopes = append(scopes, scope{Bypass: true})
	}
	header := map[string]string{"Content-Type": "application/json"}
	if r.authorization != "" {
		header["Authorization"] = r.authorization
	}
	return call[answer](t, p, "post", map[string]any{
		"url": r.url, "body": r.body, "header": header, "contexts": scopes,
	})
}

// receipt is the vendor's InvalidateResult.
type receipt struct {
	DepID string  `json:"dep_id"`
	OK    bool    `json:"ok"`
	Error *string `json:"error"`
}

func (p *theirs) invalidate(t *testing.T, ids ...string) []receipt {
	t.Helper()
	return call[[]receipt](t, p, "invalidate", map[string]any{"dep_ids": ids})
}
