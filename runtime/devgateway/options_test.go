package devgateway_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		option devgateway.Option
		want   string
	}{
		{"no secret", devgateway.WithSecret(nil), "add WithSecret"},
		{"no upstream", devgateway.WithUpstream(nil), "WithUpstream"},
		{"no time", devgateway.WithUpstreamTimeout(0), "WithUpstreamTimeout: 0s"},
		{"no logger", devgateway.WithLogger(nil), "WithLogger"},
		{"no clock", devgateway.WithClock(nil), "WithClock"},
		{"no memory", devgateway.WithCacheBytes(0), "WithCacheBytes: 0"},
		{"no body", devgateway.WithBodyLimit(-1), "WithBodyLimit: -1"},
		{"no bypass", devgateway.WithBypassLimit(0), "WithBypassLimit: 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, err := devgateway.New(devgateway.WithSecret([]byte(secret)), tt.option)
			if g != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want an error with %q", g, err, tt.want)
			}
		})
	}
}

func TestShortSecretIsWarnedOf(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]bool{"short-secret": true, secret: false} {
		var log bytes.Buffer
		if _, err := devgateway.New(devgateway.WithSecret([]byte(secret)), devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "level=WARN"); got != want || strings.Contains(log.String(), secret) {
			t.Errorf("%d bytes: logged %q", len(secret), log.String())
		}
	}
}
