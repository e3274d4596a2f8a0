package guide

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/devgateway"
)

func TestGatewayInAProgramOfOnesOwn(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	secret := []byte("dev-secret-of-at-least-32-bytes!")

	gateway, err := devgateway.New(
		devgateway.WithSecret(secret),
		devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
	)
	check(t, err)
	server := httptest.NewServer(gateway)

	token, err := mint(secret)
	check(t, err)
	client, err := cachecore.New(server.URL, token)
	check(t, err)
	_, err = NewDesk(newDB(), server.URL, client.HTTPClient()).Ask(t.Context(), contract)
	check(t, err)

	check(t, client.Close(t.Context()))
	client.HTTPClient().CloseIdleConnections()
	server.Close()
	check(t, gateway.Close(t.Context()))
	line := regexp.MustCompile(`duration=\S+`).ReplaceAllString(log.String(), "duration=1.2ms")
	line = regexp.MustCompile(`time=\S+`).ReplaceAllString(line, "time=2026-03-01T10:00:00.000Z")
	golden(t, "log.txt", line)
}

// mint returns a token that a gateway with the same secret accepts for an hour.
func mint(secret []byte) (string, error) {
	return devgateway.Mint(secret, devgateway.Claims{
		Tenant:        "acme",
		PolicyVersion: "2026-03",
		Roles:         []string{"support"},
		FreshTTL:      10 * time.Minute,
		StaleWindow:   time.Minute,
		Expires:       time.Now().Add(time.Hour),
	})
}
