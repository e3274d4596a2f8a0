package browser

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "folder to write pictures of the page to")

// In both color schemes and at each width, the page is no wider than the
// screen, empty and full.
func TestPageFitsTheScreen(t *testing.T) {
	t.Parallel()
	g, tb := startGateway(t), newTab(t)
	tb.open(g)
	tb.shoot("empty")
	const support, legal = "You are a support agent. Answer from the notes only.", "Answer with the paragraph of the contract that applies, and nothing else."
	for i := range 4 {
		g.ask(legal, "gpt-5-mini", "What notice does the contract need?", fmt.Sprintf("doc:contract-%d", i), "table:contracts")
		g.ask(legal, "gpt-5-mini", "What notice does the contract need?", fmt.Sprintf("doc:contract-%d", i), "table:contracts")
	}
	g.ask(support, "gpt-5", "How do I change the address of my subscription, and from when on is it used for letters?", "note:acme/17", "user:42", "plan:basic")
	g.ask(support, "gpt-5", "How do I change the address of my subscription, and from when on is it used for letters?", "note:acme/17", "user:42", "plan:basic")
	g.invalidate("doc:contract-3")
	g.ask(legal, "gpt-5-mini", "What notice does the contract need?", "doc:contract-3", "table:contracts")
	g.ask(legal+" In French.", "gpt-5-mini", "What notice does the contract need?", "doc:contract-3", "table:contracts")
	g.invalidate("note:acme/17")
	g.invalidate("doc:contract-9")
	g.ask("", "gpt-5", "Hello")
	g.post("/v1/chat/completions", map[string]any{"model": "gpt-5", "seed": 7, "messages": []any{map[string]string{"role": "user", "content": "Hello"}}})
	tb.until(row(0, "Hello", "seed"))
	tb.until(contains("totals", "Invalidations3"))
	tb.shoot("full")
	tb.wantNoFaults()
}

func (tb *tab) shoot(name string) {
	tb.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			tb.do(
				chromedp.EmulateViewport(width, 900),
				command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				}),
			)
			if wide := eval[float64](tb, "document.documentElement.scrollWidth"); wide > float64(width) {
				tb.Errorf("%s: at %d pixels the page is %v wide", name, width, wide)
			}
			if *screenshots == "" {
				continue
			}
			picture, err := chromedp.Run(tb.ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(*screenshots, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), picture, 0o600)
			}
			if err != nil {
				tb.Fatal(err)
			}
		}
	}
}
