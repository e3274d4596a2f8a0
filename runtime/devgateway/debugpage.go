package devgateway

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/devgateway/internal/page"
	"github.com/depgen/depgen/runtime/internal/prompt"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// debugRetry is the time to wait for a client with too many pages.
const debugRetry = 10 * time.Second

// pageTimeout is the time that a page has to take each event. A page that does
// not read must not keep others out.
const pageTimeout = 10 * time.Second

// debugPath is the path of the debug page, with a slash at the end.
const debugPath = "/debug/"

// WithDebugPage serves a page at /debug/ that shows the latest requests with
// their reasons, the entries by dep, and what invalidations have dropped. The
// page answers requests of the same machine only. It shows the start of
// prompts, so every user of the machine can read them there. It never shows
// tokens. Close ends the page's streams. By default there is no page.
func WithDebugPage() Option {
	return optionFunc(func(c *config) { c.debugPage = true })
}

// pagePolicy lets the page load only its own script, style and events. In
// browsers with trusted types, only the script's own policy can make HTML.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; trusted-types depgen; require-trusted-types-for 'script'"

// debug answers the requests for the page.
func (g *Gateway) debug(x *exchange) error {
	if err := g.checkPage(x.request); err != nil {
		return err
	}
	h := x.Header()
	for name, value := range map[string]string{
		"Content-Security-Policy":      pagePolicy,
		"X-Content-Type-Options":       "nosniff",
		"Cache-Control":                "no-store",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Vary":                         "Accept",
	} {
		h.Set(name, value)
	}
	switch name := strings.TrimPrefix(x.request.URL.Path, debugPath); name {
	case "":
		return g.debugIndex(x)
	case "events":
		return g.debugEvents(x)
	default:
		content, mediaType := page.File(name)
		if content == nil {
			return errUnknownPathWithPage
		}
		x.writeWhole(mediaType, content)
		return nil
	}
}

// checkPage refuses what other machines and other pages could send. A browser
// can be made to resolve any name to a loopback address, so the page has no
// name but localhost.
func (g *Gateway) checkPage(r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return wrongMethod("GET, HEAD")
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	local := err == nil && remote.Addr().Unmap().IsLoopback() && isAddress(r.Host)
	for _, proxied := range []string{"Forwarded", "X-Forwarded-For"} {
		local = local && r.Header.Get(proxied) == ""
	}
	if !local {
		return &apiError{
			status: http.StatusForbidden, code: "not_local",
			message: "the debug page answers this machine only; open it as http://127.0.0.1 or http://localhost",
		}
	}
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site != "" && site != "same-origin" && site != "none" || origin != "" && origin != "http://"+r.Host {
		return &apiError{
			status: http.StatusForbidden, code: "cross_origin",
			message: "requests of other web pages are refused; type the address of the debug page",
		}
	}
	return nil
}

// debugIndex answers with the page, or with its content in JSON.
func (g *Gateway) debugIndex(x *exchange) error {
	if wantsJSON(x.request.Header.Get("Accept")) {
		body, err := g.page.JSON()
		if err != nil {
			return err
		}
		x.writeWhole("application/json", body)
		return nil
	}
	var html strings.Builder
	if err := g.page.HTML(&html); err != nil {
		return err
	}
	x.writeWhole("text/html; charset=utf-8", []byte(html.String()))
	return nil
}

// wantsJSON reports whether JSON is the first of the media types that the
// client accepts. Browsers list HTML first.
func wantsJSON(accept string) bool {
	first, _, _ := strings.Cut(accept, ",")
	return isMediaType(strings.TrimSpace(first), "application/json")
}

func (g *Gateway) debugEvents(x *exchange) error {
	full := &apiError{
		status: http.StatusServiceUnavailable, code: "too_many_pages", retryAfter: debugRetry,
		message: "too many debug pages are open; close some",
	}
	head := x.request.Method == http.MethodHead // asks whether there is room
	if head && g.page.Full() {
		return full
	}
	x.Header().Set("Content-Type", "text/event-stream")
	if head {
		x.WriteHeader(http.StatusOK)
		return nil
	}
	x.patience = pageTimeout
	if !g.page.Events(x, x.request, x.flush) {
		x.Header().Del("Content-Type")
		return full
	}
	return nil
}

// label returns a description of the request for the debug page. It is nil if
// there is no such page.
func (g *Gateway) label(p *prompt.Prompt, body []byte) *cache.Label {
	if g.page == nil {
		return nil
	}
	model, _ := p.Model.(string)
	text := p.Question().Text
	if text == "" { // it may be too long for the history
		text = prompt.QuestionText(body)
	}
	l := &cache.Label{Text: prompt.Start(text, maxLabel), Model: prompt.Start(model, maxLabel)}
	if all := p.Instructions(); len(all) > 0 {
		var text prompt.Text
		_ = text.UnmarshalJSON(all[0].Content) // other content has no text
		system, scoped := wire.CutScope(string(text))
		l.System, l.Scoped = prompt.Start(system, maxLabel), scoped
	}
	return l
}

// maxLabel is the number of bytes of a text in a label.
const maxLabel = 200

// labelBypass reads the body, which only the debug page needs.
func (g *Gateway) labelBypass(x *exchange) {
	if g.page == nil {
		return
	}
	if p, err := parsePrompt(x.seen.Body); err == nil {
		x.label = g.label(p, x.seen.Body)
	}
}

// show adds the request, or the refused invalidation, to the debug page.
func (x *exchange) show() {
	switch {
	case x.page == nil:
	case x.request.URL.Path == wire.PathInvalidate:
		if x.refusal != "" {
			x.page.RefusedInvalidation(x.seen.Tenant, x.code, x.refusal)
		}
	default:
		x.number = x.page.Request(x.row())
	}
}

func (x *exchange) row() page.Request {
	r := page.Request{
		Tenant: x.seen.Tenant, Status: string(x.seen.Cache), Code: x.code, Age: x.seen.Age,
		Deps: x.deps, Reason: x.seen.Reason, Label: x.label, Compared: x.compared,
	}
	if x.seen.Cache == "" {
		r.Reason = x.refusal
	}
	if isFault(x.unembedded) {
		r.EmbedderFault = x.unembedded.Error()
	}
	if x.seen.Cache == HitL2 {
		r.Similarity, r.EntryDeps = x.seen.Similarity, x.entryDeps
		r.OnlyRequest, r.OnlyAnswer = x.crossing.ours, x.crossing.theirs
	}
	return r
}

// amend completes the reason on the debug page, if it was not known when the
// answer began.
func (x *exchange) amend() {
	if detail := x.reason.detail(); x.page != nil && x.number > 0 && x.seen.Cache == Miss && detail != x.seen.Reason {
		x.page.Amend(x.number, detail)
	}
}

func (g *Gateway) showRefresh(err error) {
	if g.page == nil {
		return
	}
	fault := ""
	if err != nil {
		fault = err.Error()
	}
	g.page.Refresh(fault)
}

func (g *Gateway) showInvalidation(tenant string, dep wire.Dep, removed cache.Removed) {
	if g.page != nil {
		g.page.Invalidation(page.Invalidation{Tenant: tenant, Dep: dep, Removed: removed})
	}
}

// endPage ends the streams of the debug page, which last as long as the page is
// open.
func (g *Gateway) endPage() {
	if g.page != nil {
		g.page.Close()
	}
}
