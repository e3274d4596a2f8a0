package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"go.uber.org/goleak"

	"github.com/depgen/depgen/examples/openai/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAskHasTheScopeOfItsDocuments(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	a := &assistant{
		docs: &library{texts: map[string]string{"refunds": "", "privacy": ""}},
		llm:  openai.NewClient(option.WithHTTPClient(rec.HTTPClient()), option.WithAPIKey("test")),
	}
	for i, name := range []string{"refunds", "privacy"} {
		if err := a.ask(t.Context(), io.Discard, "What about "+name+"?"); err != nil {
			t.Fatal(err)
		}
		scope := cachecore.Scope(cachecore.WithDeps(t.Context(), deps.DepDoc(name)))
		if body := string(rec.Requests()[i].Body); !strings.Contains(body, scope+`"`) {
			t.Errorf("no message ends with %s: %s", scope, body)
		}
	}
}

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// MISS   Refunds take 30 days.
	// MISS   We keep your name and nothing else.
	// HIT_L1 Refunds take 30 days.
	// the document about refunds has changed
	// HIT_L1 We keep your name and nothing else.
	// MISS   Refunds take 14 days.
}
