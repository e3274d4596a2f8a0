package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/llms/openai"
	"go.uber.org/goleak"

	"github.com/depgen/depgen/examples/langchaingo/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSummaryHasTheScopeOfItsContract(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	llm, err := openai.New(openai.WithHTTPClient(rec.HTTPClient()), openai.WithToken("test"))
	if err != nil {
		t.Fatal(err)
	}
	for number := range int64(2) {
		if _, err := summary(t.Context(), llm, number); err != nil {
			t.Fatal(err)
		}
		scope := cachecore.Scope(cachecore.WithDeps(t.Context(), deps.DepContract(number)))
		if body := string(rec.Requests()[number].Body); !strings.Contains(body, scope+`"`) {
			t.Errorf("no message ends with %s: %s", scope, body)
		}
	}
}

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// MISS   contract 0: 30 days' notice
	// MISS   contract 1: 60 days' notice
	// MISS   contract 2: no notice
	// HIT_L1 contract 0: 30 days' notice
	// HIT_L1 contract 1: 60 days' notice
	// HIT_L1 contract 2: no notice
	// contract 1 has changed
	// HIT_L1 contract 0: 30 days' notice
	// MISS   contract 1: 90 days' notice
	// HIT_L1 contract 2: no notice
}
