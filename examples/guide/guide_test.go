package guide

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

var update = flag.Bool("update", false, "write the outputs in testdata anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden compares the output of a snippet with the output on a page.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const contract = "contract-123"

func newDB() *DB {
	return NewDB(map[string]string{contract: "30 days' notice", "contract-456": "60 days' notice"})
}

// model answers from the database, as a model with file search does.
func model(db *DB) http.RoundTripper {
	return devgateway.Answer(func(ctx context.Context, q devgateway.Question) (string, error) {
		if strings.Contains(q.Last(), contract) {
			return db.Doc(ctx, contract)
		}
		return db.longest(), nil
	})
}

// newDesk returns a desk in front of a gateway, and a context that sends
// invalidations to the gateway.
func newDesk(t *testing.T) (*Desk, *cachecoretest.Gateway, context.Context) {
	t.Helper()
	db := newDB()
	gateway := cachecoretest.NewGateway(t, cachecoretest.WithUpstream(model(db)))
	client := gateway.Client()
	return NewDesk(db, gateway.URL(), client.HTTPClient()), gateway, cachecore.WithInvalidator(t.Context(), client)
}

// session prints one line for each step.
type session struct {
	*testing.T
	strings.Builder
}

func (s *session) ask(ctx context.Context, name string, ask func(context.Context) (string, error)) {
	s.Helper()
	ctx, call := cachecore.WithCall(ctx)
	answer, err := ask(ctx)
	check(s.T, err)
	fmt.Fprintf(s, "%-22s  %-6s  %s\n", name, call.Status(), answer)
}

func (s *session) change(ctx context.Context, d *Desk, id, text string) {
	s.Helper()
	check(s.T, d.Change(ctx, id, text))
	fmt.Fprintf(s, "%-22s          is now: %s\n", "Change("+id+")", text)
}
