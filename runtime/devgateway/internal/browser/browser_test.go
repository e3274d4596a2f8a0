package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/depgen/depgen/internal/testenv"
	"github.com/depgen/depgen/runtime/devgateway"
)

// patience bounds the wait for the browser.
const patience = 30 * time.Second

// gateway is a local gateway with a debug page.
type gateway struct {
	*testing.T
	url, token string
}

func startGateway(t *testing.T) *gateway {
	t.Helper()
	secret := []byte("a-secret-of-the-browser-tests-32")
	g, err := devgateway.New(devgateway.WithSecret(secret), devgateway.WithDebugPage())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	t.Cleanup(func() {
		if err := g.Close(context.Background()); err != nil { // it ends the streams
			t.Error(err)
		}
		server.Close()
	})
	token, err := devgateway.Mint(secret, devgateway.Claims{Tenant: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	return &gateway{t, server.URL, token}
}

func (g *gateway) post(path string, body any, deps ...string) {
	g.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		g.Fatal(err)
	}
	req, err := http.NewRequestWithContext(g.Context(), http.MethodPost, g.url+path, strings.NewReader(string(text)))
	if err != nil {
		g.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Cachecore-Token", g.token)
	if len(deps) > 0 {
		array := []map[string]string{}
		for _, id := range deps {
			array = append(array, map[string]string{"dep_id": id})
		}
		text, err := json.Marshal(array)
		if err != nil {
			g.Fatal(err)
		}
		req.Header.Set("X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString(text))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		g.Errorf("POST %s: %s", path, resp.Status)
	}
}

func (g *gateway) ask(system, model, question string, deps ...string) {
	g.Helper()
	message := func(role, text string) map[string]string { return map[string]string{"role": role, "content": text} }
	messages := []any{message("user", question)}
	if system != "" {
		messages = []any{message("system", system), message("user", question)}
	}
	g.post("/v1/chat/completions", map[string]any{"model": model, "messages": messages}, deps...)
}

func (g *gateway) invalidate(dep string) {
	g.Helper()
	g.post("/v1/invalidate", map[string]string{"dep_id": dep})
}

// tab is a browser tab, with everything that went wrong in it.
type tab struct {
	*testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

func newTab(t *testing.T) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		testenv.Missing(t, "chromium", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	tb := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, tb.listen); err != nil {
		t.Fatal(err)
	}
	tb.do(command(log.Enable, cdp.Empty{}), command(runtime.Enable, cdp.Empty{}))
	return tb
}

// command returns the action that sends a command of the protocol.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

func (tb *tab) listen(event any) {
	var fault string
	switch e := event.(type) {
	case *page.EventJavascriptDialogOpening:
		fault = "dialog: " + e.Message
	case *runtime.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		fault = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	default:
		return
	}
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.faults = append(tb.faults, fault)
}

// wantNoFaults fails the test if the browser has reported an error, a violation
// of the page's policy, or a dialog.
func (tb *tab) wantNoFaults() {
	tb.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if len(tb.faults) > 0 {
		tb.Errorf("faults: %q", tb.faults)
	}
}

func (tb *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tb.wantNoFaults()
		tb.Fatal(err)
	}
}

// eval returns the value of an expression.
func eval[T any](tb *tab, expression string) T {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		tb.wantNoFaults()
		tb.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until waits until the expression is true.
func (tb *tab) until(expression string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	// A tab in the background draws no frames, which Poll waits for by default.
	_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond)))
	if err != nil {
		tb.wantNoFaults()
		tb.Fatalf("%s: %v\n%s", expression, err, eval[string](tb, "document.body.innerText"))
	}
}

// open opens the debug page and waits until it is live.
func (tb *tab) open(g *gateway) {
	tb.Helper()
	tb.do(chromedp.Navigate(g.url + "/debug/"))
	tb.until(`document.querySelector("#state.live") !== null`)
}
