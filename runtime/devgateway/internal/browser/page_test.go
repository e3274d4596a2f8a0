package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// row returns an expression that is true if the n-th row from the top contains
// all the texts.
func row(n int, texts ...string) string {
	expression := fmt.Sprintf("(text => text !== undefined && %q.split('|').every(each => text.includes(each)))", strings.Join(texts, "|"))
	return expression + fmt.Sprintf("(document.querySelectorAll('#rows tr')[%d]?.textContent)", n)
}

func contains(id, text string) string {
	return fmt.Sprintf("document.getElementById(%q).textContent.includes(%q)", id, text)
}

// What happens at the gateway appears on the open page.
func TestPageIsLive(t *testing.T) {
	t.Parallel()
	g, tb := startGateway(t), newTab(t)
	tb.open(g)
	tb.until(contains("no-requests", "No requests yet"))
	tb.until(contains("graph", "The graph appears"))
	g.ask("Be brief.", "small", "What notice does it need?", "doc:1", "table:docs")
	tb.until(row(0, "MISS", "What notice does it need?", "small", "acme", "doc:1", "table:docs", "no earlier request with this question is remembered"))
	g.ask("Be brief.", "small", "What notice does it need?", "doc:1")
	tb.until(row(0, "HIT_L1", "What notice does it need?"))
	tb.until(row(1, "MISS"))
	tb.until(contains("findings", "doc in 2 requests"))
	tb.until(contains("deps", "doc:1"))
	tb.until(contains("graph", "Be brief."))
	g.invalidate("doc:1")
	tb.until(contains("invalidations", "What notice does it need?"))
	tb.until(contains("findings", "table in 1 request") + " && !" + contains("findings", "doc"))
	g.ask("Be brief.", "small", "What notice does it need?", "doc:1")
	tb.until(row(0, "MISS", "invalidated 0s ago by doc:1") + " || " + row(0, "MISS", "s ago by doc:1"))
	tb.until(contains("totals", "Invalidations1"))
	tb.wantNoFaults()
}

// Hostile texts are shown as they are, and have no effect.
func TestHostileTextsAreInert(t *testing.T) {
	t.Parallel()
	g, tb := startGateway(t), newTab(t)
	hostile := []string{
		`<img src=x onerror=alert(1)>`, `</script><script>alert(2)</script>`, `"><svg onload=alert(3)>`, `'-alert(4)-'`,
		`{{.Totals}}<iframe srcdoc="<script>parent.alert(5)</script>">`, `javascript:alert(6)`, `</title></td></table><b id=broken>`,
	}
	for _, text := range hostile { // before the page is open, and while it is
		g.ask(text, text, text, text+":x", "kind:"+text)
		g.invalidate(text + ":x")
	}
	tb.open(g)
	for _, text := range hostile {
		g.ask(text+"2", text, text+"2", text+"2:x")
		g.invalidate("kind:" + text)
	}
	g.ask("s", "m", "\u202egnp.exe\u0000", "doc:\u202egnp."+strings.Repeat("x", 4080))
	tb.until(row(0, `\u202egnp.exe`, `doc:\u202egnp.`))
	for _, text := range hostile {
		tb.until(fmt.Sprintf("document.querySelector('#rows').textContent.includes(%q)", text))
	}
	tb.until(contains("totals", fmt.Sprint("Invalidations", 2*len(hostile))))
	injected := eval[[]string](tb, `[...document.querySelectorAll("img, iframe, object, embed, form, base, style, a:not([href^='#h-']), #broken, svg[onload], #rows svg, #invalidations svg"),
		...document.querySelectorAll("script:not([src='/debug/page.js'])"),
		...[...document.querySelectorAll("*")].filter(e => [...e.attributes].some(a => a.name.startsWith("on") || a.name === "style"))].map(e => e.outerHTML)`)
	if len(injected) > 0 {
		t.Errorf("injected: %q", injected)
	}
	for _, width := range []int64{1280, 390} {
		tb.do(chromedp.EmulateViewport(width, 900))
		if wide := eval[float64](tb, "document.documentElement.scrollWidth"); wide > float64(width) {
			t.Errorf("at %d pixels the page is %v wide", width, wide)
		}
	}
	tb.wantNoFaults()
}

// A page of another origin cannot read the debug page, even on the same host.
func TestOtherOriginsReadNothing(t *testing.T) {
	t.Parallel()
	g, tb := startGateway(t), newTab(t)
	g.ask("", "m", "PROMPT", "doc:1")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!DOCTYPE html><script>
const results = {};
const url = %q;
async function attempt(name, f) { try { results[name] = await f(); } catch (e) { results[name] = "refused"; } }
const read = async (init) => { const r = await fetch(url, init); return await r.text() || "refused"; };
(async () => {
  await attempt("fetch", () => read({}));
  await attempt("json", () => read({ headers: { Accept: "application/json" } }));
  await attempt("no-cors", () => read({ mode: "no-cors" }));
  await attempt("events", () => new Promise((ok, no) => { const s = new EventSource(url + "events"); s.onopen = () => ok("open"); s.onerror = () => no(); }));
  await attempt("script", () => new Promise((ok, no) => { const s = document.createElement("script"); s.src = url + "page.js"; s.onload = () => ok("loaded"); s.onerror = () => no(); document.head.append(s); }));
  await attempt("frame", () => new Promise((ok) => { const f = document.createElement("iframe"); f.src = url; f.onload = () => { try { ok(f.contentDocument.body.textContent); } catch (e) { ok("refused"); } }; document.body.append(f); }));
  window.done = true;
})();
</script><body></body>`, g.url+"/debug/")
	}))
	defer other.Close()
	tb.do(chromedp.Navigate(other.URL))
	tb.until("window.done === true")
	results := eval[map[string]string](tb, "results")
	for name, got := range results {
		if got != "refused" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if len(results) != 6 {
		t.Errorf("results: %q", results)
	}
}
