package devgateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

const debug = "/debug/"

// open requests a path of the page, as a browser does.
func (f *fixture) open(path string, headers ...header) reply {
	f.Helper()
	return f.request("GET", path, "", append([]header{unset("Authorization"), unset("Content-Type"), set("Accept", "text/html,*/*")}, headers...)...)
}

func TestNoDebugPageByDefault(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, path := range []string{debug, debug + "events", debug + "page.js"} {
		f.open(path).wantProblem(t, 404, "unknown_path")
	}
}

func TestDebugPageRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, path string
		headers            []header
		status             int
		code               string
	}{
		{"POST", "POST", debug, nil, 405, "wrong_method"},
		{"DELETE of events", "DELETE", debug + "events", nil, 405, "wrong_method"},
		{"OPTIONS", "OPTIONS", debug, nil, 405, "wrong_method"},
		{"another path", "GET", debug + "pprof/", nil, 404, "unknown_path"},
		{"a template", "GET", debug + "page.html", nil, 404, "unknown_path"},
		{"above", "GET", "/debug/../page.js", nil, 404, "unknown_path"},
		{"a name pointed here", "GET", debug, []header{set("Host", "evil.example")}, 403, "not_local"},
		{"a name that begins like an address", "GET", debug, []header{set("Host", "127.0.0.1.evil.example:80")}, 403, "not_local"},
		{"behind a proxy", "GET", debug, []header{set("X-Forwarded-For", "203.0.113.7")}, 403, "not_local"},
		{"behind another proxy", "GET", debug, []header{set("Forwarded", "for=203.0.113.7")}, 403, "not_local"},
		{"cross-site", "GET", debug, []header{set("Sec-Fetch-Site", "cross-site")}, 403, "cross_origin"},
		{"same-site", "GET", debug + "events", []header{set("Sec-Fetch-Site", "same-site")}, 403, "cross_origin"},
		{"script of a page", "GET", debug + "page.js", []header{set("Sec-Fetch-Site", "cross-site")}, 403, "cross_origin"},
		{"old browser", "GET", debug, []header{set("Origin", "http://localhost:1")}, 403, "cross_origin"},
		{"no origin", "GET", debug, []header{set("Origin", "null")}, 403, "cross_origin"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, devgateway.WithDebugPage())
			f.ask("PROMPT", tenant(t, "acme"))
			got := f.request(tt.method, tt.path, "", tt.headers...)
			got.wantProblem(t, tt.status, tt.code)
			if strings.Contains(got.body, "PROMPT") || got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestDebugPageAnswersThisMachineOnly(t *testing.T) {
	t.Parallel()
	g := newGateway(t, newClock(), devgateway.WithDebugPage())
	for remote, want := range map[string]int{
		"127.0.0.1:1": 200, "127.9.9.9:1": 200, "[::1]:1": 200, "[::ffff:127.0.0.1]:1": 200,
		"192.0.2.1:1": 403, "[2001:db8::1]:1": 403, "[::ffff:192.0.2.1]:1": 403, "0.0.0.0:1": 403, "@": 403, "": 403,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080"+debug, nil)
		r.RemoteAddr = remote
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", remote, w.Code, want)
		}
	}
}

func TestDebugPageHeaders(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	types := map[string]string{"": "text/html; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "events": "text/event-stream"}
	for name, mediaType := range types {
		got := f.request("HEAD", debug+name, "", set("Sec-Fetch-Site", "same-origin"), set("Host", "localhost:1"), set("Origin", "http://localhost:1"))
		if got.code != 200 || got.body != "" {
			t.Errorf("%s: %+v", name, got)
		}
		for header, want := range map[string]string{
			"Content-Type": mediaType, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
				"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; trusted-types depgen; require-trusted-types-for 'script'",
			"Access-Control-Allow-Origin": "",
		} {
			if value := got.header.Get(header); value != want {
				t.Errorf("%s: %s is %q, want %q", name, header, value, want)
			}
		}
	}
	// The policy has no exceptions: the page works with it.
	if page := f.open(debug).body; regexp.MustCompile(`(?i)<script>|<style|\son[a-z]+=|\sstyle=|https?://`).MatchString(page) {
		t.Errorf("the policy forbids a part of the page: %s", page)
	}
}

// fill makes a request of each kind, and invalidations.
func (f *fixture) fill() {
	acme := tenant(f, "acme")
	system := `{"model":"small","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"What notice?"}]}]}`
	f.post(completions, system, acme, deps("doc:1@7", "table:docs"))
	f.clock.advance(90 * time.Second)
	f.post(completions, system, acme, deps("doc:1@7"))
	f.drop(1, `{"dep_id":"doc:1","new_hash":"8"}`, acme)
	f.clock.advance(time.Second)
	f.post(completions, system, acme, deps("doc:1@8"))
	f.post(completions, system, bearer("sk-key"))
	f.post(completions, "no JSON", acme)
	f.post(completions, system, bearer("cc_live_SECRET.x"))
	f.ask("a <b> & \u202e", acme, deps("a:1", "a:2", "a:3", "a:4", "b:5", "b:6", "b:7"))
	f.drop(0, `{"dep_id":"note:1"}`, acme)
	f.drop(2, `{"dep_id":"cc:policy-version"}`, acme)
	f.post(completions, system, acme, deps("doc:1@8"))
}

// The shape is in testdata/debug.json. Update it with UPDATE=1.
func TestDebugPageAsJSON(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	f.fill()
	got := f.open(debug, set("Accept", "application/json"))
	var content any
	if err := json.Unmarshal([]byte(got.body), &content); err != nil || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%+v: %v", got, err)
	}
	text, err := json.MarshalIndent(content, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/debug.json"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(text)+"\n" != string(want) {
		t.Errorf("got %s\nwant %s", text, want)
	}
	for _, private := range []string{"sk-key", "SECRET", "eyJ"} {
		if strings.Contains(got.body, private) || strings.Contains(f.open(debug).body, private) {
			t.Errorf("the page shows %q", private)
		}
	}
}

// The page works without its script.
func TestDebugPageAsHTML(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	if page := f.open(debug).body; !strings.Contains(page, "No requests yet") || !strings.Contains(page, "No invalidations yet") {
		t.Errorf("empty page: %s", page)
	}
	f.fill()
	page := f.open(debug).body
	for _, want := range []string{
		"invalidated 1s ago by doc:1", "Never invalidated", "<code>table</code> in 1 request", "a &lt;b&gt; &amp; \\u202e",
		"<bdi>What notice?</bdi>", "and 1 more", "<svg ", "no gateway token", "invalidated 1×",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "\u202e") {
		t.Error("the page turns text around")
	}
}

// events is an open stream.
type events struct {
	*testing.T
	lines *bufio.Scanner
}

func (f *fixture) listen(query string, headers ...header) *events {
	f.Helper()
	r := newRequest(f.Context(), f.server.URL+debug+"events"+query, "", headers...)
	r.Method, r.Body = http.MethodGet, nil
	resp, err := f.server.Client().Do(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 4<<20)
	return &events{f.T, lines}
}

// next returns the next event of the name, and skips others.
func (e *events) next(name string) (id, data string) {
	e.Helper()
	event := ""
	for e.lines.Scan() {
		field, value, _ := strings.Cut(e.lines.Text(), ": ")
		switch field {
		case "event":
			event = value
		case "id":
			id = value
		case "data":
			data = value
		case "":
			if event == name {
				return id, data
			}
		}
	}
	e.Fatalf("the stream has ended: %v", e.lines.Err())
	return "", ""
}

func TestDebugEvents(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	acme := tenant(t, "acme")
	e := f.listen("")
	if _, data := e.next("parts"); !strings.Contains(data, "No invalidations yet") {
		t.Errorf("first parts: %s", data)
	}
	f.ask("alpha", acme, deps("doc:1"))
	first, data := e.next("rows")
	if !strings.Contains(data, "alpha") || !strings.HasSuffix(first, "-1") {
		t.Errorf("first row %s: %s", first, data)
	}
	f.ask("beta", acme)
	if _, data := e.next("rows"); !strings.Contains(data, "beta") || strings.Contains(data, "alpha") {
		t.Errorf("second row: %s", data)
	}
	f.drop(1, `{"dep_id":"doc:1"}`, acme)
	for data = ""; !strings.Contains(data, "doc:1") || strings.Contains(data, "No invalidations yet"); {
		_, data = e.next("parts")
	}
	// Another stream continues after the first row, by the header or the URL.
	for _, again := range []*events{f.listen("?after=x-9", set("Last-Event-ID", first)), f.listen("?after=" + first)} {
		if _, data := again.next("rows"); !strings.Contains(data, "beta") || strings.Contains(data, "alpha") {
			t.Errorf("after the first row: %s", data)
		}
	}
	// The id of an earlier gateway makes the page start over.
	f.listen("?after=0-7").next("restart")
	f.listen("?after=nonsense").next("restart")
}

// A reader that is slower than the requests misses rows.
func TestDebugEventsSkipRows(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	for i := range 50 {
		f.ask(fmt.Sprint("question ", i), tenant(t, "acme"))
	}
	_, data := f.listen("").next("rows")
	var rows struct {
		HTML    string
		Skipped int
	}
	if err := json.Unmarshal([]byte(data), &rows); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(rows.HTML, "<tr "); n != 30 || rows.Skipped != 20 || !strings.Contains(rows.HTML, "question 49") {
		t.Errorf("%d rows, %d skipped", n, rows.Skipped)
	}
}

func TestTooManyDebugPages(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	for range 16 {
		f.listen("").next("parts")
	}
	f.open(debug+"events").wantProblem(t, 503, "too_many_pages")
	if got := f.open(debug); got.code != 200 {
		t.Errorf("the page itself: %+v", got)
	}
}

// Close and Serve end the streams, and do not wait for browsers to leave.
func TestShutdownEndsDebugPages(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithDebugPage())
	e := f.listen("")
	e.next("parts")
	if err := f.gateway.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for e.lines.Scan() { // until the stream has ended
	}
	if err := e.lines.Err(); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
	f.open(debug).wantProblem(t, 503, "closing")

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log testlog.Buffer
	g := newGateway(t, newClock(), devgateway.WithDebugPage(), devgateway.WithLogger(newTextLogger(&log)))
	ended := make(chan error, 1)
	go func() { ended <- g.Serve(ctx, l) }()
	r := newRequest(t.Context(), "http://"+l.Addr().String()+debug+"events", "")
	r.Method, r.Body = http.MethodGet, nil
	resp, err := new(http.Transport).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	stop()
	if err := <-ended; err != nil || strings.Contains(log.String(), "cut off") {
		t.Errorf("Serve: %v; log: %s", err, log.String())
	}
}
