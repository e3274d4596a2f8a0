package devgateway_test

import (
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/depgen/depgen/internal/testlog"
	"github.com/depgen/depgen/runtime/devgateway"
)

func TestLog(t *testing.T) {
	t.Parallel()
	var log testlog.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	fail := false
	next := counting()
	f := start(t, devgateway.WithLogger(logger), devgateway.WithUpstream(upstream(func(r *http.Request) (*http.Response, error) {
		if fail {
			return nil, errors.New("no network")
		}
		return next(r)
	})))
	acme := tenant(t, "acme")
	f.ask("my prompt", acme, deps("doc:1", "table:docs"))
	f.clock.advance(90 * time.Second)
	f.ask("my prompt", acme, deps("doc:1"))
	f.ask("my prompt", bearer("sk-secret"))
	f.post(invalidate, `{"dep_id":"doc:1"}`, acme)
	f.ask("my prompt", bearer("cc_live_x.eyJ"))
	fail = true
	f.ask("my prompt", acme)
	f.request("GET", "/healthz?q=my+prompt", "")
	f.server.Close() // waits until the last line is written

	want := []string{
		`level=INFO msg=request method=POST path=/v1/chat/completions code=200 duration=0s cache=MISS age=0s reason="no earlier request with this question is remembered" namespace=NS deps=2 dep_ids="[doc:1 table:docs]"`,
		`level=INFO msg=request method=POST path=/v1/chat/completions code=200 duration=0s cache=HIT_L1 age=1m30s namespace=NS deps=1 dep_ids=[doc:1]`,
		`level=INFO msg=request method=POST path=/v1/chat/completions code=200 duration=0s cache=BYPASS age=0s reason="no gateway token"`,
		`level=INFO msg=request method=POST path=/v1/invalidate code=200 duration=0s dep_id=doc:1 keys_deleted=1`,
		`level=INFO msg=request method=POST path=/v1/chat/completions code=401 duration=0s error="invalid_token: the gateway token is malformed; send a JWT, or cc_live_<id>.<JWT>, signed with HS256"`,
		`level=WARN msg=request method=POST path=/v1/chat/completions code=502 duration=0s cache=MISS age=0s reason="invalidated 0s ago by doc:1; not kept: the upstream gave no whole answer" namespace=NS error="upstream_failed: no network"`,
		`level=INFO msg=request method=GET path=/healthz code=200 duration=0s`,
	}
	namespace := regexp.MustCompile(`namespace=[0-9a-f]{8}\b`)
	got := strings.Split(strings.TrimSpace(namespace.ReplaceAllString(log.String(), "namespace=NS")), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("line %d differs; got:\n%s\nwant:\n%s", i, strings.Join(got, "\n"), strings.Join(want, "\n"))
			break
		}
	}
}

func TestLogNamesFewDeps(t *testing.T) {
	t.Parallel()
	var log testlog.Buffer
	f := start(t, devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	ids := make([]string, 50)
	for i := range ids {
		ids[i] = "doc:" + strings.Repeat("x", i+1)
	}
	f.ask("hello", tenant(t, "acme"), deps(ids...))
	f.server.Close()
	if line := log.String(); !strings.Contains(line, "deps=50") || strings.Count(line, "doc:") != 20 {
		t.Errorf("got %s", line)
	}
}

func TestObserver(t *testing.T) {
	t.Parallel()
	var completed []devgateway.Completion
	var invalidated []devgateway.Invalidation
	f := start(t, devgateway.WithObserver(devgateway.Observer{
		Completion:   func(c devgateway.Completion) { completed = append(completed, c) },
		Invalidation: func(i devgateway.Invalidation) { invalidated = append(invalidated, i) },
	}))
	acme := tenant(t, "acme")
	f.ask("hello", acme, deps("doc:1@7"))
	f.clock.advance(1500 * time.Millisecond)
	f.ask("hello", acme)
	f.ask("hello")
	f.ask("hello", bearer("cc_live_x"))
	f.post(invalidate, `{"dep_id":"doc:1","new_hash":"8"}`, acme)
	f.post(invalidate, `{"dep_id":"doc:1"}`, acme)

	for i := range completed[:2] {
		if len(completed[i].Namespace) != 64 {
			t.Errorf("namespace %q", completed[i].Namespace)
		}
		completed[i].Namespace = ""
	}
	body := []byte(question("hello"))
	if want := []devgateway.Completion{
		{Tenant: "acme", Deps: []devgateway.Dep{{ID: "doc:1", Hash: "7"}}, Body: body, Code: 200, Cache: devgateway.Miss, Reason: "no earlier request with this question is remembered"},
		{Tenant: "acme", Body: body, Code: 200, Cache: devgateway.HitL1, Age: time.Second, Similarity: 1},
		{Body: body, Code: 200, Cache: devgateway.Bypass, Reason: "no gateway token"},
		{Code: 401},
	}; !reflect.DeepEqual(completed, want) {
		t.Errorf("completions:\n%+v\nwant\n%+v", completed, want)
	}
	if len(invalidated) != 2 || len(invalidated[1].NewHash) != 36 {
		t.Fatalf("invalidations: %+v", invalidated)
	}
	if want := (devgateway.Invalidation{Tenant: "acme", DepID: "doc:1", NewHash: "8", KeysDeleted: 1}); invalidated[0] != want {
		t.Errorf("invalidation: %+v, want %+v", invalidated[0], want)
	}
}

// Each observer is called, in the order of the options.
func TestObserversAddUp(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var calls []string
	observer := func(name string) devgateway.Option {
		called := func(event string) {
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, name+" "+event)
		}
		return devgateway.WithObserver(devgateway.Observer{
			Completion:   func(devgateway.Completion) { called("completion") },
			Refresh:      func(devgateway.Refresh) { called("refresh") },
			Invalidation: func(devgateway.Invalidation) { called("invalidation") },
		})
	}
	f := start(t, observer("first"), devgateway.WithObserver(devgateway.Observer{}), observer("last"))
	acme := tenant(t, "acme")
	want := func(events ...string) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		var all []string
		for _, event := range events {
			all = append(all, "first "+event, "last "+event)
		}
		if !reflect.DeepEqual(calls, all) {
			t.Errorf("got %q, want %q", calls, all)
		}
		calls = nil
	}
	f.ask("hello", acme, deps("doc:1"))
	want("completion")
	f.drop(1, `{"dep_id":"doc:1"}`, acme)
	want("invalidation")
	f.ask("hello", acme)
	want("completion")
	f.clock.advance(devgateway.DefaultFreshTTL)
	f.ask("hello", acme)
	if err := f.gateway.Close(t.Context()); err != nil { // it waits for the refresh
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	var refreshes []string
	for _, call := range calls {
		if strings.HasSuffix(call, "refresh") {
			refreshes = append(refreshes, call)
		}
	}
	if !reflect.DeepEqual(refreshes, []string{"first refresh", "last refresh"}) {
		t.Errorf("got %q", calls)
	}
}

func TestClosingIsLoggedAndObserved(t *testing.T) {
	t.Parallel()
	var log testlog.Buffer
	var completed []devgateway.Completion
	f := start(t, devgateway.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), devgateway.WithObserver(devgateway.Observer{
		Completion: func(c devgateway.Completion) { completed = append(completed, c) },
	}))
	if err := f.gateway.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.ask("hello", tenant(t, "acme")).wantProblem(t, 503, "closing")
	f.post(invalidate, `{"dep_id":"doc:1"}`, tenant(t, "acme")).wantProblem(t, 503, "closing")
	f.server.Close() // waits until the last line is written
	if want := []devgateway.Completion{{Code: 503}}; !reflect.DeepEqual(completed, want) {
		t.Errorf("completions: %+v, want %+v", completed, want)
	}
	for _, path := range []string{completions, invalidate} {
		if line := "level=WARN msg=request method=POST path=" + path + " code=503"; strings.Count(log.String(), line) != 1 {
			t.Errorf("no line %q in %s", line, log.String())
		}
	}
}

// A hit is observed like the miss that it repeats.
func TestObserverOfAStream(t *testing.T) {
	t.Parallel()
	var completed []devgateway.Completion
	f := start(t, devgateway.WithUpstream(devgateway.Echo()), devgateway.WithObserver(devgateway.Observer{
		Completion: func(c devgateway.Completion) { completed = append(completed, c) },
	}))
	body := strings.Replace(question("hello"), "{", `{"stream":true,`, 1)
	for range 2 {
		f.post(completions, body, tenant(t, "acme"))
	}
	if len(completed) != 2 || completed[1].Cache != devgateway.HitL1 {
		t.Fatalf("got %+v", completed)
	}
	for _, c := range completed {
		if !c.Stream || c.Namespace == "" || c.Namespace != completed[0].Namespace {
			t.Errorf("%s: stream %v, namespace %q", c.Cache, c.Stream, c.Namespace)
		}
	}
}

func newTextLogger(log *testlog.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(log, nil)) }
