package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
)

// The setting applies to the whole process, so the test does not run
// in parallel.
func TestGenerationKeepsItsGarbage(t *testing.T) {
	t.Setenv("GOGC", "")
	dir := t.TempDir()
	schema, out := filepath.Join(dir, "deps.yaml"), filepath.Join(dir, "deps_gen.go")
	if err := os.WriteFile(schema, []byte("version: 1\nkinds:\n  doc:\n    id: string\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	for _, command := range []string{"generate", "check"} {
		debug.SetGCPercent(100)
		var stderr strings.Builder
		if code := run(t.Context(), []string{command, "--schema", schema, "--out", out, "--package", "deps"}, strings.NewReader(""), io.Discard, &stderr); code != exitOK {
			t.Errorf("%s: exit code %d: %s", command, code, stderr.String())
		}
		percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		if metrics.Read(percent); percent[0].Value.Uint64() != 400 {
			t.Errorf("%s: GOGC is %d, want 400", command, percent[0].Value.Uint64())
		}
	}
}

var firstGoal = regexp.MustCompile(`(?m)^gc 1 @.* (\d+) MB goal`)

// A gateway runs for a long time, so it keeps Go's default: the first
// collection comes at a heap of about 4 MB. With GOGC=400 it would come at
// 16 MB.
func TestGatewayCollectsItsGarbage(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var stderr bytes.Buffer
	gateway := exec.CommandContext(ctx, "depgen", "gateway", "--addr", "127.0.0.1:0")
	gateway.Env = append(os.Environ(), "GOGC=", "GODEBUG=gctrace=1")
	gateway.Stderr = &stderr
	stdout, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	greeting, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(greeting, "gateway: "))
	for range 4 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(strings.Replace(question, "my prompt", strings.Repeat("x", 2<<20), 1)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	stop()
	_ = gateway.Wait() // it was killed
	found := firstGoal.FindStringSubmatch(stderr.String())
	if found == nil {
		t.Fatalf("nothing was collected:\n%s", stderr.String())
	}
	if goal, err := strconv.Atoi(found[1]); err != nil || goal >= 16 {
		t.Errorf("the first collection was at %s MB, want some 4", found[1])
	}
}
