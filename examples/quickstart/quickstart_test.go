package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"go.uber.org/goleak"

	"github.com/depgen/depgen/examples/quickstart/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
)

var update = flag.Bool("update", false, "write the output anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQuickstartPrintsItsSteps(t *testing.T) {
	t.Parallel()
	const golden = "testdata/output.txt"
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the quickstart prints\n%s\nwant\n%s", out.String(), want)
	}
}

// The questions are similar, so a gateway that compares meanings must not see
// them in one scope.
func TestDeskAsksAboutEachContractInItsOwnScope(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := &desk{newStore(), openai.NewClient(option.WithHTTPClient(rec.HTTPClient()), option.WithAPIKey("test"))}
	asked := []cachecore.Dep{deps.DepContract("contract-123"), deps.DepContract("contract-456"), deps.DepTable(deps.TableContracts)}
	for _, id := range []string{"contract-123", "contract-456"} {
		if _, err := d.ask(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.askAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, r := range rec.Requests() {
		if scope := cachecore.Scope(cachecore.WithDeps(t.Context(), asked[i])); !strings.Contains(string(r.Body), scope+`"`) {
			t.Errorf("no message ends with %s: %s", scope, r.Body)
		}
	}
}

func TestDeskTagsWhatItReadsAndInvalidatesWhatItChanges(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := &desk{newStore(), openai.NewClient(option.WithHTTPClient(rec.HTTPClient()), option.WithAPIKey("test"))}

	if _, err := d.ask(t.Context(), "contract-123"); err != nil {
		t.Fatal(err)
	}
	rec.RequireTagged(deps.DepContract("contract-123"))

	if err := d.change(cachecore.WithInvalidator(t.Context(), rec), "contract-123", "new text"); err != nil {
		t.Fatal(err)
	}
	rec.RequireInvalidated(deps.DepContract("contract-123"))
}
