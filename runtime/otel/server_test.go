package otelcachecore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/internal/testenv"
)

// server is a Prometheus of a test.
type server struct {
	url    string
	client *http.Client
}

const scrapeConfig = `global: {scrape_interval: 500ms, scrape_timeout: 500ms}
scrape_configs:
  - job_name: application
    static_configs:
      - targets: [%q]
`

// startServer starts a Prometheus that scrapes the target, a host and a port,
// until the test ends. It skips the test without Prometheus.
func startServer(t *testing.T, target string) *server {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		testenv.Missing(t, "Prometheus", err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, scrapeConfig, target), 0o600); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	for range 5 { // another process may take the port first
		address := freeAddress(t)
		s := &server{url: "http://" + address, client: &http.Client{Transport: transport}}
		var output bytes.Buffer
		cmd := exec.CommandContext(t.Context(), program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--log.level=warn")
		cmd.Stderr = &output
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait() // the end of the test interrupts it, or its output has the reason
			close(ended)
		}()
		t.Cleanup(func() { <-ended })
		if s.awaitReady(t, ended) {
			return s
		}
		if !strings.Contains(output.String(), "address already in use") {
			t.Fatalf("prometheus ended:\n%s", &output)
		}
	}
	t.Fatal("prometheus finds no free port")
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// awaitReady waits until the server is ready. It returns false if its process
// ends first.
func (s *server) awaitReady(t *testing.T, ended <-chan struct{}) (ready bool) {
	t.Helper()
	poll(t, "prometheus is ready", func() bool {
		select {
		case <-ended:
			return true
		default:
		}
		resp, err := s.get(t.Context(), "/-/ready")
		ready = err == nil && resp.code == http.StatusOK
		return ready
	})
	return ready
}

// poll calls done again and again until it returns true.
func poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	giveUp := time.After(2 * time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-giveUp:
			t.Fatalf("given up to wait until %s", what)
		}
	}
}

type answer struct {
	code int
	body []byte
}

func (s *server) get(ctx context.Context, path string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, body}, errors.Join(err, resp.Body.Close())
}

// query returns the result of a PromQL expression: the values by their labels,
// in the order of their names and joined by a space.
func (s *server) query(t *testing.T, expression string) map[string]float64 {
	t.Helper()
	resp, err := s.get(t.Context(), "/api/v1/query?query="+url.QueryEscape(expression))
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Data struct {
			ResultType string
			Result     []struct {
				Metric map[string]string `json:"metric"`
				Value  [2]any            `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(resp.body, &found); err != nil || resp.code != http.StatusOK || found.Data.ResultType != "vector" {
		t.Fatalf("%s: %d, %v\n%s", expression, resp.code, err, resp.body)
	}
	values := map[string]float64{}
	for _, r := range found.Data.Result {
		var labels []string
		for _, name := range slices.Sorted(maps.Keys(r.Metric)) {
			labels = append(labels, r.Metric[name])
		}
		text, _ := r.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		values[strings.Join(labels, " ")] = value
	}
	return values
}
