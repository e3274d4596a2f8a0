package guide

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

// askAbout asks about a document with a system message that does not depend on
// it, and returns the status of the answer.
func askAbout(t *testing.T, url string, client *cachecore.Client, id string) cachecore.Status {
	t.Helper()
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), deps.DepDoc(id)))
	body := fmt.Sprintf(`{"model":"gpt-4o","messages":[{"role":"user","content":"What notice does %s need?"}]}`, id)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	check(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.HTTPClient().Do(req)
	check(t, err)
	check(t, resp.Body.Close())
	return call.Status().Status
}

func TestASimilarQuestionAboutOtherData(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	secret := []byte("dev-secret-of-at-least-32-bytes!")

	gateway, err := devgateway.New(
		devgateway.WithSecret(secret),
		devgateway.WithSimilar(devgateway.Lexical(), 0.92),
		devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))),
	)
	check(t, err)
	server := httptest.NewServer(gateway)
	token, err := mint(secret)
	check(t, err)
	client, err := cachecore.New(server.URL, token)
	check(t, err)
	askAbout(t, server.URL, client, contract)
	if got := askAbout(t, server.URL, client, "contract-456"); got != cachecore.HitL2 {
		t.Errorf("got %v, want %v", got, cachecore.HitL2)
	}

	check(t, client.Close(t.Context()))
	client.HTTPClient().CloseIdleConnections()
	server.Close()
	check(t, gateway.Close(t.Context()))
	line := regexp.MustCompile(`time=\S+`).ReplaceAllString(log.String(), "time=2026-03-01T10:00:00.000Z")
	golden(t, "crossing.txt", line)
}

func TestAnEmbeddingsServer(t *testing.T) {
	t.Parallel()
	embedder, err := devgateway.EmbeddingsAPI("http://127.0.0.1:11434/v1", "all-minilm", "", nil)
	check(t, err)
	gateway, err := devgateway.New(
		devgateway.WithSecret([]byte("dev-secret-of-at-least-32-bytes!")),
		devgateway.WithSimilar(embedder, 0.92),
	)
	check(t, err)
	check(t, gateway.Close(t.Context()))
}

func TestQuestionsAreDistinct(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())

	for _, id := range []string{"contract-123", "contract-456"} {
		_, err := d.Ask(t.Context(), id)
		check(t, err)
	}
	rec.RequireDistinct(devgateway.Lexical(), 0.92)
}

func TestAGatewayThatComparesQuestions(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t,
		cachecoretest.WithEngine(devgateway.WithSimilar(devgateway.Lexical(), 0.92)),
		cachecoretest.AllowCrossing())
	client := gateway.Client()

	for i, id := range []string{contract, "contract-456"} {
		want := []cachecore.Status{cachecore.Miss, cachecore.HitL2}[i]
		if got := askAbout(t, gateway.URL(), client, id); got != want {
			t.Errorf("%s: got %v, want %v", id, got, want)
		}
	}
}
