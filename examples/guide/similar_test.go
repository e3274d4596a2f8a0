package guide

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

// systems returns the system messages of the requests that ask sends.
func systems(t *testing.T, ask func(context.Context, *Desk) error) []string {
	t.Helper()
	rec := cachecoretest.NewRecorder(t)
	check(t, ask(t.Context(), NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())))
	var all []string
	for _, r := range rec.Requests() {
		var body struct {
			Messages []struct{ Role, Content string }
		}
		check(t, json.Unmarshal(r.Body, &body))
		if body.Messages[0].Role != "system" {
			t.Fatalf("the first message is %+v", body.Messages[0])
		}
		all = append(all, body.Messages[0].Content)
	}
	return all
}

func TestTheScopeOfADocument(t *testing.T) {
	t.Parallel()
	ctx := cachecore.WithDeps(t.Context(), deps.DepDoc("contract-123"))
	golden(t, "scope.txt", cachecore.Scope(ctx)+"\n")
}

func TestScopesOfTheGuide(t *testing.T) {
	t.Parallel()
	const other = "contract-456"
	tests := []struct {
		name string
		ask  func(ctx context.Context, d *Desk, id, question string) (string, error)
		// Whether requests with another document, and with another question,
		// are in the same scope.
		docs, questions bool
	}{
		{"Chat", func(ctx context.Context, d *Desk, id, q string) (string, error) { return d.Chat(ctx, id, q) }, false, true},
		{"FAQ", func(ctx context.Context, d *Desk, id, q string) (string, error) { return d.FAQ(ctx, id, "notice", q) }, false, true},
		{"FAQ, other names", func(ctx context.Context, d *Desk, id, q string) (string, error) { return d.FAQ(ctx, id, q, q) }, false, false},
		{"Calculate", func(ctx context.Context, d *Desk, id, q string) (string, error) { return d.Calculate(ctx, id, q) }, false, false},
		{"Greet", func(ctx context.Context, d *Desk, _, q string) (string, error) { return d.Greet(ctx, q) }, true, true},
		{"Ask", func(ctx context.Context, d *Desk, id, _ string) (string, error) { return d.Ask(ctx, id) }, false, true},
		{"Compare", func(ctx context.Context, d *Desk, id, _ string) (string, error) { return d.Compare(ctx, id, id) }, false, true},
		{"Converse", func(ctx context.Context, d *Desk, id, q string) (string, error) {
			return d.Converse("1", id).Ask(ctx, q)
		}, false, false},
		{"Converse, other ids", func(ctx context.Context, d *Desk, id, q string) (string, error) {
			return d.Converse(q, id).Ask(ctx, "a?")
		}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := systems(t, func(ctx context.Context, d *Desk) error {
				for _, q := range []struct{ id, question string }{{contract, "a?"}, {contract, "a?"}, {other, "a?"}, {contract, "b?"}} {
					if _, err := tt.ask(ctx, d, q.id, q.question); err != nil {
						return err
					}
				}
				return nil
			})
			if got[0] != got[1] || !strings.Contains(got[0], "[cache scope ") || !strings.HasSuffix(got[0], "]") {
				t.Errorf("the same question has %q and %q", got[0], got[1])
			}
			if (got[0] == got[2]) != tt.docs || (got[0] == got[3]) != tt.questions {
				t.Errorf("got %q", got)
			}
		})
	}
}

// Each turn contains nearly the same user messages as the one before. Some
// questions are asked again.
func TestTurnsOfAConversationAreKeptApart(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t, cachecoretest.WithUpstream(devgateway.Echo()),
		cachecoretest.WithEngine(devgateway.WithSimilar(devgateway.Lexical(), 0.92)))
	d := NewDesk(newDB(), gateway.URL(), gateway.Client().HTTPClient())
	questions := []string{
		"What notice does the contract need?", "And who gives it?", "Which law governs the agreement between the parties?",
		"How long must information stay confidential after the end?", "Who owns the deliverables of the supplier?",
		"When are the invoices due and what interest applies?", "May the customer end it for convenience?",
		"Is there a cap on liability?", "And who gives it?", "Who signs it?", "And who gives it?",
	}
	for _, want := range []cachecore.Status{cachecore.Miss, cachecore.HitL1} {
		c := d.Converse("1", contract)
		for turn, question := range questions {
			ctx, call := cachecore.WithCall(t.Context())
			_, err := c.Ask(ctx, question)
			check(t, err)
			if got := call.Status(); got.Status != want {
				t.Errorf("turn %d: %s, similarity %.2f, want %s", turn+1, got, got.Similarity, want)
			}
		}
	}
}

func TestExactOnlyShowsBothAnswers(t *testing.T) {
	t.Parallel()
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		status, text := "BYPASS", "14 days"
		if req.Header.Get("X-Cachecore-Token") != "" {
			status, text = "HIT_L2", "30 days"
		}
		w.Header().Set("X-Cache", status)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"choices":[{"index":0,"message":{"role":"assistant","content":"`+text+`"}}]}`)
	}))
	defer gateway.Close()
	client, err := cachecore.New(gateway.URL, "token")
	check(t, err)
	defer func() { check(t, client.Close(t.Context())) }()
	d := NewDesk(newDB(), gateway.URL, client.HTTPClient())
	ctx := cachecore.WithDeps(t.Context(), deps.DepDoc(contract))
	var out strings.Builder

	ctx, call := cachecore.WithCall(cachecore.ExactOnly(ctx))
	answer, err := d.complete(ctx, "How many days are left?")
	for _, status := range call.Statuses() {
		fmt.Fprintln(&out, status, status.Refused)
	}
	fmt.Fprintln(&out, answer)

	check(t, err)
	golden(t, "exact.txt", out.String())
}
