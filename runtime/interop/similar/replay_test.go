package similar

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

var update = flag.Bool("update", false, "write the vectors and the counts")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scopes are the columns of the table.
var scopes = []struct {
	name string
	line func(context.Context, ask) string
}{
	{"plain", func(context.Context, ask) string { return "" }},
	{"Scope(ctx)", func(ctx context.Context, _ ask) string { return cachecore.Scope(ctx) }},
	{"Scope(ctx, name)", func(ctx context.Context, a ask) string {
		return cachecore.Scope(ctx, fmt.Sprint("question ", a.question))
	}},
}

// count is the number of semantic hits, and of those with a wrong answer.
type count struct{ hits, wrong int }

func (c count) String() string { return fmt.Sprintf("%d (%d)", c.hits, c.wrong) }

// replay sends the requests of a stream, one after the other, through a client
// and a gateway that answers by meaning.
func replay(t *testing.T, s stream, e devgateway.Embedder, threshold float64, line func(context.Context, ask) string) count {
	t.Helper()
	right := map[string]string{}
	for _, a := range s.asks {
		right[a.system+a.user] = a.answer()
	}
	gateway := cachecoretest.NewGateway(t, cachecoretest.AllowCrossing(),
		cachecoretest.WithEngine(devgateway.WithSimilar(e, threshold)),
		cachecoretest.WithUpstream(devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
			system, _, _ := strings.Cut(q.Messages[0].Text, "\n[cache scope ")
			return right[system+q.Last()], nil
		})))
	client := gateway.Client()
	t.Cleanup(client.Transport().CloseIdleConnections)
	var c count
	for _, a := range s.asks {
		ctx := cachecore.WithDeps(t.Context(), a.dep())
		got, status := send(ctx, t, client, gateway.URL(), a, line(ctx, a))
		switch status.Status {
		case cachecore.HitL2:
			c.hits++
			if got != a.answer() {
				c.wrong++
			}
		case cachecore.Miss:
			if got != a.answer() {
				t.Fatalf("a miss answers %q, want %q", got, a.answer())
			}
		default:
			t.Fatalf("%+v is a %v", a, status)
		}
	}
	return c
}

func send(ctx context.Context, t *testing.T, client *cachecore.Client, url string, a ask, line string) (answer string, status cachecore.CacheStatus) {
	t.Helper()
	if line != "" {
		line = "\n" + line
	}
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	body, err := json.Marshal(map[string]any{"model": "gpt-4o-mini", "messages": []message{{"system", a.system + line}, {"user", a.user}}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var completion struct {
		Choices []struct {
			Message message `json:"message"`
		} `json:"choices"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&completion); err != nil || len(completion.Choices) != 1 {
		t.Fatalf("%s: %d choices, %v", resp.Status, len(completion.Choices), err)
	}
	return completion.Choices[0].Message.Content, cachecore.ParseStatus(resp.Header)
}

// TestStreams compares the counts of all streams with testdata/counts.txt. The
// columns of docs/similar.md are the model's.
func TestStreams(t *testing.T) { //nolint:tparallel // the outer subtest returns after its own
	t.Parallel()
	m := load(t)
	model := loadVectors(t)
	embedders := []struct {
		name      string
		embedder  devgateway.Embedder
		threshold float64
	}{
		{"bge-small, 0.87", model, 0.87},
		{"bge-small, 0.92", model, 0.92},
		{"Lexical, 0.92", devgateway.Lexical(), 0.92},
	}
	var mu sync.Mutex
	counts := map[string]count{}
	t.Run("streams", func(t *testing.T) {
		for _, e := range embedders {
			for _, s := range m.streams() {
				for _, scope := range scopes {
					name := strings.Join([]string{e.name, s.name, scope.name}, " / ")
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						c := replay(t, s, e.embedder, e.threshold, scope.line)
						mu.Lock()
						defer mu.Unlock()
						counts[name] = c
					})
				}
			}
		}
	})
	var table strings.Builder
	for _, e := range embedders {
		fmt.Fprintf(&table, "%-34s %-12s %-12s %s\n", e.name, scopes[0].name, scopes[1].name, scopes[2].name)
		for _, s := range m.streams() {
			of := func(i int) count { return counts[strings.Join([]string{e.name, s.name, scopes[i].name}, " / ")] }
			fmt.Fprintf(&table, "%-34s %-12v %-12v %v\n", s.name, of(0), of(1), of(2))
		}
		table.WriteString("\n")
	}
	const golden = "testdata/counts.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if table.String() != string(want) {
		t.Errorf("the counts are\n%swant\n%s", &table, want)
	}
	checkPage(t, m, func(threshold, s, scope int) count {
		return counts[strings.Join([]string{embedders[threshold].name, m.streams()[s].name, scopes[scope].name}, " / ")]
	})
}

// checkPage requires the table of docs/similar.md to have the model's counts.
func checkPage(t *testing.T, m material, of func(threshold, stream, scope int) count) {
	t.Helper()
	page, err := os.ReadFile("../../../docs/similar.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), "**", "")
	for s, stream := range m.streams() {
		row := "|"
		for scope := range scopes {
			row += fmt.Sprintf(" %v / %v |", of(0, s, scope), of(1, s, scope))
		}
		if !strings.Contains(text, row+"\n") {
			t.Errorf("docs/similar.md has no row of %q with the counts %s", stream.name, row)
		}
	}
}
