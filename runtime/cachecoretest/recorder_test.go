package cachecoretest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestRecorderAssertsInvalidations(t *testing.T) {
	t.Parallel()
	price := cachecore.NewDep("price:7")
	for _, test := range []struct {
		name   string
		do     []cachecore.Dep
		assert func(*Recorder)
		want   []string
	}{
		{"invalidated, with its whole", []cachecore.Dep{doc1}, func(r *Recorder) { r.RequireInvalidated(doc1) }, nil},
		{"forgotten", nil, func(r *Recorder) { r.RequireInvalidated(doc1) }, []string{
			"cachecoretest: not invalidated: doc:1, table:docs; invalidated were: nothing",
		}},
		{"without its whole", []cachecore.Dep{cachecore.NewDep("doc:1")}, func(r *Recorder) { r.RequireInvalidated(doc1) }, []string{
			"cachecoretest: not invalidated: table:docs; invalidated were: doc:1",
		}},
		{"the right version", []cachecore.Dep{price.WithHash("2")}, func(r *Recorder) { r.RequireInvalidated(price.WithHash("2")) }, nil},
		{"any version", []cachecore.Dep{price.WithHash("2")}, func(r *Recorder) { r.RequireInvalidated(price) }, nil},
		{"another version", []cachecore.Dep{price.WithHash("1")}, func(r *Recorder) { r.RequireInvalidated(price.WithHash("2")) }, []string{
			"cachecoretest: not invalidated: price:7@2; invalidated were: price:7@1",
		}},
		{"a version spelt v1, but another one", []cachecore.Dep{price.WithHash("2")}, func(r *Recorder) { r.RequireInvalidated(price.WithHash("v1")) }, []string{
			"cachecoretest: not invalidated: price:7@v1; invalidated were: price:7@2",
		}},
		{"a version spelt v1, but none", []cachecore.Dep{price}, func(r *Recorder) { r.RequireInvalidated(price.WithHash("v1")) }, []string{
			"cachecoretest: not invalidated: price:7@v1; invalidated were: price:7",
		}},
		{"a version spelt v1", []cachecore.Dep{price.WithHash("v1")}, func(r *Recorder) { r.RequireInvalidated(price.WithHash("v1")) }, nil},
		{"another version against the wish", []cachecore.Dep{price.WithHash("42")}, func(r *Recorder) { r.RequireNotInvalidated(price.WithHash("41")) }, []string{
			"cachecoretest: invalidated: price:7@41; invalidated were: price:7@42",
		}},
		{"without a version against the wish", []cachecore.Dep{price}, func(r *Recorder) { r.RequireNotInvalidated(price.WithHash("41")) }, []string{
			"cachecoretest: invalidated: price:7@41; invalidated were: price:7",
		}},
		{"an invalid dep that is not invalidated", nil, func(r *Recorder) { r.RequireNotInvalidated(price, cachecore.NewDep("price:")) }, []string{
			"cachecoretest: RequireNotInvalidated names an invalid dep, which is neither sent nor invalidated: dep \"price:\" has an empty id",
		}},
		{"a part of an invalid dep", nil, func(r *Recorder) { r.RequireNotInvalidated(price.PartOf(cachecore.NewDep("table:"))) }, []string{
			"cachecoretest: RequireNotInvalidated names an invalid dep, which is neither sent nor invalidated: dep \"table:\" has an empty id",
		}},
		{"an invalid dep that is invalidated", nil, func(r *Recorder) { r.RequireInvalidated(cachecore.NewDep("price:")) }, []string{
			"cachecoretest: RequireInvalidated names an invalid dep, which is neither sent nor invalidated: dep \"price:\" has an empty id",
		}},
		{"names no dep", nil, func(r *Recorder) { r.RequireInvalidated() }, []string{"cachecoretest: RequireInvalidated names no dep"}},
		{"not invalidated", []cachecore.Dep{doc1}, func(r *Recorder) { r.RequireNotInvalidated(price) }, nil},
		{"invalidated against the wish", []cachecore.Dep{doc1}, func(r *Recorder) { r.RequireNotInvalidated(price, doc1) }, []string{
			"cachecoretest: invalidated: doc:1; invalidated were: doc:1, table:docs",
		}},
		{"nothing at all", nil, func(r *Recorder) { r.RequireNotInvalidated() }, nil},
		{"something after all", []cachecore.Dep{price}, func(r *Recorder) { r.RequireNotInvalidated() }, []string{
			"cachecoretest: nothing should be invalidated; invalidated were: price:7",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			r := newRecorder(tb, nil)
			if err := cachecore.Invalidate(cachecore.WithInvalidator(t.Context(), r), test.do...); err != nil {
				t.Fatal(err)
			}
			test.assert(r)
			requireFailures(t, tb.finish(), test.want...)
		})
	}
}

func TestRecorderFailsInvalidationsWhenToldTo(t *testing.T) {
	t.Parallel()
	r := NewRecorder(t)
	boom := errors.New("boom")
	r.Fail(boom)
	if err := r.Invalidate(t.Context(), doc1); !errors.Is(err, boom) {
		t.Errorf("Invalidate: %v, want %v", err, boom)
	}
	r.RequireNotInvalidated()
	r.Fail(nil)
	if err := r.Invalidate(t.Context(), doc1); err != nil {
		t.Error(err)
	}
	r.RequireInvalidated(doc1)
}

func TestRecorderRefusesInvalidDepsAsTheClientDoes(t *testing.T) {
	t.Parallel()
	r := NewRecorder(t)
	var failed *cachecore.InvalidateError
	if err := r.Invalidate(t.Context(), cachecore.NewDep("doc:")); !errors.As(err, &failed) || failed.Dep.ID() != "doc:" {
		t.Errorf("Invalidate: %v, want an InvalidateError for doc:", err)
	}
	r.RequireNotInvalidated()
}

func TestRecorderTransportNeedsNoServerAndRecordsDeps(t *testing.T) {
	t.Parallel()
	r := NewRecorder(t)
	for _, stream := range []bool{false, true} {
		req := question(t, "https://llm.example.com", "hello", stream, doc1, cachecore.NewDep("price:7").WithHash("2"))
		code, header, body := ask(t, r.HTTPClient(), req)
		if code != 200 || header.Get("X-Cache") != "MISS" || !strings.Contains(body, "hello") {
			t.Errorf("stream %t: %d %v %s", stream, code, header, body)
		}
	}
	r.RequireTagged(doc1, cachecore.NewDep("price:7").WithHash("2"))
	got := r.Requests()
	if len(got) != 2 || got[0].URL.String() != "https://llm.example.com/v1/chat/completions" || got[0].Bypass || !strings.Contains(string(got[0].Body), "hello") {
		t.Errorf("requests: %+v", got)
	}
}

func TestRecorderShowsABypass(t *testing.T) {
	t.Parallel()
	r := NewRecorder(t)
	req := question(t, "https://llm.example.com", "hello", false, doc1)
	_, header, _ := ask(t, r.HTTPClient(), req.WithContext(cachecore.WithBypass(req.Context())))
	if got := r.Requests(); header.Get("X-Cache") != "BYPASS" || len(got) != 1 || !got[0].Bypass || got[0].Deps != nil {
		t.Errorf("X-Cache %q, requests %+v", header.Get("X-Cache"), got)
	}
}

func TestRequireTaggedWantsOneRequestThatCarriesAll(t *testing.T) {
	t.Parallel()
	other := cachecore.NewDep("user:2")
	tb := &fakeT{}
	r := newRecorder(tb, nil)
	ask(t, r.HTTPClient(), question(t, "http://llm.test", "a", false, doc1))
	ask(t, r.HTTPClient(), question(t, "http://llm.test", "b", false, other))
	r.RequireTagged(doc1)
	r.RequireTagged(other)
	r.RequireTagged(doc1, other)
	r.RequireTagged(doc1.WithHash("2"))
	r.RequireTagged()
	requireFailures(t, tb.finish(),
		"cachecoretest: of 2 requests, none was tagged with all of: doc:1, user:2\n\trequest 1: doc:1\n\trequest 2: user:2",
		"cachecoretest: of 2 requests, none was tagged with all of: doc:1@2",
		"cachecoretest: RequireTagged names no dep",
	)
}

// An answer that is tagged with a member but not with its group outlives an
// invalidation of the group.
func TestRequireTagged_WantsGroupsToo(t *testing.T) {
	t.Parallel()
	team := cachecore.NewDep("team:9")
	user := cachecore.NewDep("user:2").GroupedBy(team)
	note, price := cachecore.NewDep("note:2/7").GroupedBy(user), cachecore.NewDep("price:1").WithHash("v1")
	tests := []struct {
		name      string
		sent      []cachecore.Dep
		want      []cachecore.Dep
		forgotten string // the failure, if any
	}{
		{"as generated", []cachecore.Dep{note}, []cachecore.Dep{note}, ""},
		{"each by itself", []cachecore.Dep{cachecore.NewDep("note:2/7"), cachecore.NewDep("user:2"), team}, []cachecore.Dep{note}, ""},
		{"without any group", []cachecore.Dep{cachecore.NewDep("note:2/7")}, []cachecore.Dep{note}, "none was tagged with all of: note:2/7, user:2, team:9"},
		{"without the group's group", []cachecore.Dep{cachecore.NewDep("note:2/7").GroupedBy(cachecore.NewDep("user:2"))}, []cachecore.Dep{note}, "none was tagged with all of: note:2/7, user:2, team:9"},
		{"with a version", []cachecore.Dep{price.WithHash("2")}, []cachecore.Dep{price}, "none was tagged with all of: price:1\n\trequest 1: price:1@2"},
		{"two versions", []cachecore.Dep{price}, []cachecore.Dep{price, price.WithHash("2")}, `cachecoretest: no request can carry price:1@v1, price:1@2: dep "price:1" is declared with the hashes`},
		{"invalid", []cachecore.Dep{price}, []cachecore.Dep{cachecore.NewDep("price:")}, "cachecoretest: RequireTagged names an invalid dep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeT{}
			r := newRecorder(tb, nil)
			ask(t, r.HTTPClient(), question(t, "http://llm.test", "a", false, tt.sent...))
			r.RequireTagged(tt.want...)
			switch failures := tb.finish(); {
			case tt.forgotten == "" && len(failures) > 0,
				tt.forgotten != "" && (len(failures) != 1 || !strings.Contains(failures[0], tt.forgotten)):
				t.Errorf("got %q, want %q", failures, tt.forgotten)
			}
		})
	}
}

// A bypass is not tagged, although its context declares deps.
func TestRecorder_RequireTaggedDoesNotCountABypass(t *testing.T) {
	t.Parallel()
	tb := &fakeT{}
	r := newRecorder(tb, nil)
	req := question(t, "http://llm.test", "a", false, doc1)
	ask(t, r.HTTPClient(), req.WithContext(cachecore.WithBypass(req.Context())))
	r.RequireTagged(doc1)
	requireFailures(t, tb.finish(), "cachecoretest: of 1 requests, none was tagged with all of: doc:1\n\trequest 1: nothing")
}

// degradedDeps are declarations that cannot be sent.
var degradedDeps = map[string][]cachecore.Dep{
	"an invalid dep":            {cachecore.NewDep("doc:")},
	"one id with two hashes":    {doc1, cachecore.NewDep("doc:1").WithHash("2")},
	"an id that is too long":    {cachecore.NewDep("doc:" + strings.Repeat("x", 8000))},
	"more than a header's room": {cachecore.NewDep("doc:" + strings.Repeat("x", 4000)), cachecore.NewDep("doc:" + strings.Repeat("y", 4000))},
}

func TestDegradedRequestFailsTheTestUnlessAllowed(t *testing.T) {
	t.Parallel()
	for name, deps := range degradedDeps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("recorder", func(t *testing.T) {
				t.Parallel()
				tb := &fakeT{}
				r := newRecorder(tb, nil)
				code, _, _ := ask(t, r.HTTPClient(), question(t, "http://llm.test", "a", false, deps...))
				if code != 200 {
					t.Errorf("the call itself failed: %d", code)
				}
				requireFailures(t, tb.finish(), "cachecoretest: a request was sent uncached although it declares deps: ")
			})
			t.Run("recorder that allows it", func(t *testing.T) {
				t.Parallel()
				ask(t, NewRecorder(t, AllowDegraded()).HTTPClient(), question(t, "http://llm.test", "a", false, deps...))
			})
			t.Run("gateway, with a client of the test's own", func(t *testing.T) {
				t.Parallel()
				tb := &fakeT{}
				g := newGateway(tb, nil)
				client, err := cachecore.New(g.URL(), g.Token(), cachecore.WithObserver(g.Observer()), cachecore.WithLogger(slog.New(slog.DiscardHandler)))
				if err != nil {
					t.Fatal(err)
				}
				code, header, _ := ask(t, client.HTTPClient(), question(t, g.URL(), "a", false, deps...))
				if code != 200 || header.Get("X-Cache") != "BYPASS" {
					t.Errorf("%d, X-Cache %q", code, header.Get("X-Cache"))
				}
				if err := client.Close(context.Background()); err != nil {
					t.Error(err)
				}
				requireFailures(t, tb.finish(), "cachecoretest: a request was sent uncached although it declares deps: ")
			})
			t.Run("gateway, by another name of its host", func(t *testing.T) {
				t.Parallel()
				tb := &fakeT{}
				g := newGateway(tb, nil)
				served := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(g.URL(), "http://"))
				}}
				port := g.URL()[strings.LastIndex(g.URL(), ":"):]
				for _, host := range []string{"localhost", "LOCALHOST", "127.0.0.1", "[::1]"} {
					client, err := cachecore.New("http://"+host+port, g.Token(),
						cachecore.WithBaseTransport(served), cachecore.WithObserver(g.Observer()), cachecore.WithLogger(slog.New(slog.DiscardHandler)))
					if err != nil {
						t.Fatal(err)
					}
					ask(t, client.HTTPClient(), question(t, "http://"+host+port, "a", false, deps...))
				}
				served.CloseIdleConnections()
				const text = "cachecoretest: a request was sent uncached although it declares deps: "
				requireFailures(t, tb.finish(), text, text, text, text)
			})
			t.Run("gateway that allows it", func(t *testing.T) {
				t.Parallel()
				g := NewGateway(t, AllowDegraded())
				client := g.Client(cachecore.WithLogger(slog.New(slog.DiscardHandler)))
				ask(t, client.HTTPClient(), question(t, g.URL(), "a", false, deps...))
			})
		})
	}
}

// Headers that name the tenant are for the gateway; no model may see them.
func TestRecorder_UpstreamSeesTheRequestWithoutTheTenant(t *testing.T) {
	t.Parallel()
	var seen http.Header
	r := NewRecorder(t, WithUpstream(roundTripper(func(req *http.Request) (*http.Response, error) {
		seen = req.Header
		return &http.Response{StatusCode: http.StatusOK}, nil
	})))
	ask(t, r.HTTPClient(), question(t, "http://llm.test", "q", false, doc1))
	if want := (http.Header{"Content-Type": {"application/json"}}); !reflect.DeepEqual(seen, want) {
		t.Errorf("the upstream sees %v, want %v", seen, want)
	}
	r.RequireTagged(doc1)
}

// An error of the test's own upstream is not the text of a gateway.
func TestRecorder_ErrorOfTheUpstreamIsPrinted(t *testing.T) {
	t.Parallel()
	down := errors.New("the model is down")
	rec := NewRecorder(t, WithUpstream(roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, down
	})))
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://any.test/v1/chat/completions", nil)
	if _, err := rec.Transport().RoundTrip(req); !errors.Is(err, down) || !strings.Contains(err.Error(), "the model is down") {
		t.Errorf("got %v", err)
	}
}
