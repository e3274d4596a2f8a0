package cachecore_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// bare is the token as SDKs that know no prefix send it.
const bare = "Bearer " + testJWT

func TestWithBypass_DeletesWhatNamesTheTenant(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, header, value string
		stays               bool
	}{
		{"token header", "X-Cachecore-Token", "another", false},
		{"deps header", "X-Cachecore-Deps", "W10", false},
		{"tenant token as bearer", "Authorization", "Bearer " + testToken, false},
		{"its JWT alone", "Authorization", bare, false},
		{"other scheme", "Authorization", "Token " + testToken, false},
		{"tenant token as an API key", "X-Api-Key", testToken, false},
		{"tenant token as Google's key", "X-Goog-Api-Key", testToken, false},
		{"tenant token as OpenAI's key", "Authorization", "Bearer sk-" + testJWT, false},
		{"tenant token as a password", "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+testToken)), false},
		{"its JWT as a user name", "Authorization", "basic " + base64.StdEncoding.EncodeToString([]byte(testJWT+":")), false},
		{"a password in the URL alphabet, without padding", "Authorization", "Basic\t" + base64.RawURLEncoding.EncodeToString([]byte("ÿ?>:"+testToken)), false},
		{"another password", "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("user:own")), true},
		{"no basic authentication", "Authorization", "Basic " + "!", true},
		{"the SDK's own key", "Authorization", "Bearer sk-own", true},
		{"another tenant's token", "Authorization", "Bearer cc_live_k2.aaa.bbb.ccc", true},
		{"any other header", "X-Api-Key", "own", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, nil)
			c := newClient(t, gateway.URL)
			ctx := cachecore.WithBypass(cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1")))
			post(ctx, t, c.HTTPClient(), gateway.URL, tt.header, tt.value)
			h := gateway.only(t).Header
			requireUntagged(t, h)
			if got := h.Get(tt.header); (got == tt.value) != tt.stays {
				t.Errorf("%s arrives as %q, to stay: %t", tt.header, got, tt.stays)
			}
		})
	}
}

func TestWithBypass_DeletesOtherSpellings(t *testing.T) {
	t.Parallel()
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		requireUntagged(t, req.Header)
		if len(req.Header) != 0 {
			t.Errorf("headers left: %v", req.Header)
		}
		return answer(req, 200, "BYPASS", ""), nil
	})
	req, _ := http.NewRequestWithContext(cachecore.WithBypass(t.Context()), http.MethodPost, "http://gateway.test/", nil)
	req.Header = http.Header{"X-CacheCore-Token": {"x"}, "x-cachecore-deps": {"W10"}}
	resp, err := c.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

func TestWithBypass_DeletesATokenOnlyAsAWholeWord(t *testing.T) {
	t.Parallel()
	tests := []struct {
		token, value string
		stays        bool
	}{
		{"json", "application/json", true},
		{"json", "application/jsonlines; json-seq json+x my_json", true},
		{"json", "application/json json", false},
		{"json", "json", false},
		{"json", "Bearer json", false},
		{"json", "key=json;x", false},
		{"json", `Token token="json"`, false},
		{testJWT, "Bearer " + testToken, false}, // the SDK was given it with its prefix
		{testToken, "Bearer " + testJWT, false},
		{testJWT, "Bearer " + testJWT + "A", true},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			t.Parallel()
			c, err := cachecore.New("http://gateway.test", tt.token, cachecore.WithBaseTransport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
				if got := req.Header.Get("Content-Type"); (got == tt.value) != tt.stays {
					t.Errorf("arrives as %q, to stay: %t", got, tt.stays)
				}
				return answer(req, 200, "BYPASS", ""), nil
			})))
			if err != nil {
				t.Fatal(err)
			}
			post(cachecore.WithBypass(t.Context()), t, c.HTTPClient(), "http://gateway.test", "Content-Type", tt.value)
		})
	}
}

func TestWithBypass_StatusIsCaptured(t *testing.T) {
	t.Parallel()
	c := inMemory(t, func(req *http.Request) (*http.Response, error) { return answer(req, 200, "BYPASS", ""), nil })
	ctx, call := cachecore.WithCall(t.Context())
	post(cachecore.WithBypass(ctx), t, c.HTTPClient(), "http://gateway.test")
	if got := call.Status(); got.Status != cachecore.Bypass || got.Err != nil {
		t.Errorf("status %+v", got)
	}
}

// A request that cannot carry the declared deps always goes uncached.
func TestTransport_DegradesToBypass(t *testing.T) {
	t.Parallel()
	cause := errors.New("no such user")
	doc := cachecore.NewDep("doc:1")
	byHand := func(text string) []string {
		return []string{"X-Cachecore-Deps", base64.RawURLEncoding.EncodeToString([]byte(text))}
	}
	tests := []struct {
		name   string
		ctx    context.Context
		header []string
		want   string
	}{
		{"zero dep", cachecore.WithDeps(t.Context(), doc, cachecore.Dep{}), nil, "zero value"},
		{"empty id", cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:")), nil, "empty id"},
		{"invalid id", cachecore.WithDeps(t.Context(), cachecore.InvalidDep("user", cause), doc), nil, "no such user"},
		{"invalid in the outer context", cachecore.WithDeps(cachecore.WithDeps(t.Context(), cachecore.NewDep("")), doc), nil, "empty id"},
		{"invalid group", cachecore.WithDeps(t.Context(), doc.GroupedBy(cachecore.NewDep(""))), nil, "empty id"},
		{"invalid beside a valid one of its id", cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1/"), cachecore.NewCompositeDep("doc", "1", "")), nil, "empty part"},
		{"two hashes", cachecore.WithDeps(t.Context(), doc, doc.WithHash("2")), nil, `"v1" and "2"`},
		{"two hashes, nested", cachecore.WithDeps(cachecore.WithDeps(t.Context(), doc.WithHash("1")), doc.WithHash("2")), nil, `"1" and "2"`},
		{"two hashes, then more deps", cachecore.WithDeps(cachecore.WithDeps(t.Context(), doc, doc.WithHash("2")), cachecore.NewDep("doc:3")), nil, `"v1" and "2"`},
		{"two hashes, by hand", cachecore.WithDeps(t.Context(), doc), byHand(`[{"dep_id":"doc:1","expected_hash":"9"}]`), `"v1" and "9"`},
		{"by hand, not base64", t.Context(), []string{"X-Cachecore-Deps", "!!"}, "not base64"},
		{"by hand, not JSON", t.Context(), byHand("x"), "not a JSON array"},
		{"by hand, misspelled key", t.Context(), byHand(`[{"dep_id":"price:a","hash":"7"}]`), `"hash" is not a key`},
		{"by hand, empty hash", t.Context(), byHand(`[{"dep_id":"price:a","expected_hash":""}]`), "expected_hash is empty"},
		{"by hand, more than an array", t.Context(), byHand(`[{"dep_id":"doc:1"}][{"dep_id":"doc:2"}]`), "not a JSON array"},
		{"by hand, dep_id twice", t.Context(), byHand(`[{"dep_id":"doc:1","dep_id":"doc:2"}]`), "dep_id occurs twice"},
		{"by hand, hash twice", t.Context(), byHand(`[{"dep_id":"price:a","expected_hash":"1","expected_hash":"2"}]`), "expected_hash occurs twice"},
		{"by hand, null", t.Context(), byHand(`null`), "not a JSON array"},
		{"by hand, null for a dep", t.Context(), byHand(`[{"dep_id":"doc:1"},null]`), "dep 1: it is not an object"},
		{"by hand, null for an id", t.Context(), byHand(`[{"dep_id":null}]`), "dep_id is not a string"},
		{"by hand, null for a hash", t.Context(), byHand(`[{"dep_id":"price:a","expected_hash":null}]`), "expected_hash is not a string"},
		{"by hand, key in capitals", t.Context(), byHand(`[{"DEP_ID":"doc:1"}]`), `"DEP_ID" is not a key`},
		{"by hand, bad UTF-8", t.Context(), byHand("[{\"dep_id\":\"doc:\xff\"}]"), "not UTF-8"},
		{"by hand, half a surrogate pair", t.Context(), byHand(`[{"dep_id":"doc:\ud800"}]`), "half a surrogate pair"},
		{"by hand, two halves that are no pair", t.Context(), byHand(`[{"dep_id":"doc:\udc00\ud800"}]`), "half a surrogate pair"},
		{"by hand, broken off", t.Context(), byHand(`[{"dep_id":"doc:1"}`), "not a JSON array"},
		{"by hand, empty id", t.Context(), byHand(`[{"dep_id":""}]`), "dep_id is empty"},
		{"id too long", cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:"+strings.Repeat("x", 4093))), nil, "id of 4097 bytes"},
		{"hash too long", cachecore.WithDeps(t.Context(), doc.WithHash(strings.Repeat("7", 1025))), nil, "hash of 1025 bytes"},
		{"does not fit", cachecore.WithDeps(t.Context(), long("doc")...), nil, "of which 8000 are allowed"},
		{"used, invalid", used(t.Context(), cachecore.NewDep("")), nil, "empty id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Cache", "BYPASS") })
			logs := &logBuffer{}
			c := newClient(t, gateway.URL, logs.option())
			ctx, call := cachecore.WithCall(tt.ctx)
			post(ctx, t, c.HTTPClient(), gateway.URL, tt.header...)

			requireUntagged(t, gateway.only(t).Header)
			s := call.Statuses()
			if len(s) != 1 || s[0].Status != cachecore.Bypass || s[0].Err == nil || !strings.Contains(s[0].Err.Error(), tt.want) {
				t.Errorf("statuses %+v, want one bypass because of %q", s, tt.want)
			}
			if log := logs.String(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "sent uncached") {
				t.Errorf("log:\n%s", log)
			}
		})
	}
}

// A header that is set raw keeps its spelling, and must not arrive in addition
// to the client's own.
func TestTransport_MergesOtherSpellings(t *testing.T) {
	t.Parallel()
	deps := func(json string) []string { return []string{base64.RawURLEncoding.EncodeToString([]byte(json))} }
	tests := []struct {
		name   string
		header http.Header
		want   string // the ids that are sent
	}{
		{"deps", http.Header{"X-CacheCore-Deps": deps(`[{"dep_id":"doc:2"}]`)}, "doc:1 doc:2"},
		{"deps in lower case", http.Header{"x-cachecore-deps": deps(`[{"dep_id":"doc:2"}]`)}, "doc:1 doc:2"},
		{"deps that hold none", http.Header{"X-CacheCore-Deps": deps(`[]`)}, "doc:1"},
		{"token", http.Header{"X-CacheCore-Token": {"another"}, "x-cachecore-token": {"another"}}, "doc:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent http.Header
			c := inMemory(t, func(req *http.Request) (*http.Response, error) {
				sent = req.Header
				return answer(req, 200, "HIT_L1", ""), nil
			})
			for _, ctx := range []context.Context{t.Context(), cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))} {
				req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/", nil)
				req.Header = tt.header
				resp, err := c.Transport().RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				for name := range sent {
					if name != "X-Cachecore-Token" && name != "X-Cachecore-Deps" {
						t.Errorf("header %s is sent besides", name)
					}
				}
				if token := sent["X-Cachecore-Token"]; !reflect.DeepEqual(token, []string{testToken}) {
					t.Errorf("token %q", token)
				}
			}
			if got := strings.Join(idsOf(t, sent), " "); got != tt.want {
				t.Errorf("deps %q, want %q", got, tt.want)
			}
		})
	}
}

func used(ctx context.Context, deps ...cachecore.Dep) context.Context {
	ctx = cachecore.Track(ctx)
	cachecore.Use(ctx, deps...)
	return ctx
}

func TestTransport_MergesHandWrittenHeader(t *testing.T) {
	t.Parallel()
	encode := base64.RawURLEncoding.EncodeToString
	tests := []struct {
		name, header string
		want         []wireDep
	}{
		{"more deps", encode([]byte(`[{"dep_id":"doc:2","expected_hash":"5"},{"dep_id":"doc:1","expected_hash":"v1"}]`)), []wireDep{{"doc:1", "v1"}, {"doc:2", "5"}}},
		{"padded", base64.URLEncoding.EncodeToString([]byte(`[{"dep_id":"doc:222","expected_hash":"v1"}]`)), []wireDep{{"doc:1", "v1"}, {"doc:222", "v1"}}},
		{"no hash", encode([]byte(`[{"dep_id":"doc:2"}]`)), []wireDep{{"doc:1", "v1"}, {"doc:2", "v1"}}},
		{"empty", encode([]byte(`[]`)), []wireDep{{"doc:1", "v1"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			gateway := newRecorder(t, nil)
			c := newClient(t, gateway.URL)
			ctx := cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1"))
			post(ctx, t, c.HTTPClient(), gateway.URL, "X-Cachecore-Deps", tt.header)
			if got := depsOf(t, gateway.only(t).Header); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("deps %v, want %v", got, tt.want)
			}
		})
	}
	t.Run("null and nothing declared", func(t *testing.T) {
		t.Parallel()
		gateway := newRecorder(t, nil)
		post(t.Context(), t, newClient(t, gateway.URL).HTTPClient(), gateway.URL, "X-Cachecore-Deps", encode([]byte("null")))
		if h := gateway.only(t).Header; h.Get("X-Cachecore-Deps") != "" {
			t.Errorf("deps header %q for no deps", h.Get("X-Cachecore-Deps"))
		}
	})
}
