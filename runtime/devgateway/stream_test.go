package devgateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

const (
	streamBody = `{"stream":true,"messages":[{"role":"user","content":"hello"}]}`
	sse        = "text/event-stream"
	done       = "data: [DONE]\n\n"
)

// piped returns an upstream that answers with the given content type and with
// the text that the test writes.
func piped(contentType string) (upstream, *io.PipeWriter) {
	body, feed := io.Pipe()
	return func(*http.Request) (*http.Response, error) { return answer(200, contentType, body), nil }, feed
}

func TestStreamIsUnbuffered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, cache string
		headers     []header
	}{
		{"miss", "MISS", []header{tenant(t, "acme")}},
		{"bypass", "BYPASS", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			up, feed := piped(sse)
			f := start(t, devgateway.WithUpstream(up))
			resp, err := f.server.Client().Do(newRequest(t.Context(), f.server.URL+completions, streamBody, tt.headers...))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			// The header arrives before the first event is made, and each event
			// before the next is made.
			if resp.Header.Get("X-Cache") != tt.cache || resp.Header.Get("Content-Type") != sse {
				t.Errorf("header: %v", resp.Header)
			}
			for _, event := range []string{"data: {\"n\":1}\n\n", "data: {\"n\":", "2}\n", "\n", done} {
				if _, err := io.WriteString(feed, event); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, len(event))
				if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != event {
					t.Fatalf("got %q, %v, want %q", got, err, event)
				}
			}
			feed.Close()
			if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) > 0 {
				t.Errorf("after the end: %q, %v", rest, err)
			}
		})
	}
}

func TestStreamIsReplayedAsAStream(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithUpstream(devgateway.Echo()))
	first := f.post(completions, streamBody, tenant(t, "acme"))
	again := f.post(completions, streamBody, tenant(t, "acme"))
	if first.cache() != "MISS" || again.cache() != "HIT_L1" || again.body != first.body || again.header.Get("Content-Type") != sse {
		t.Errorf("first %+v\nagain %+v", first, again)
	}
}

// SDKs stop at the end mark. The entry is stored by then, although the stream
// is still open.
func TestStreamIsKeptAtTheEndMark(t *testing.T) {
	t.Parallel()
	up, feed := piped(sse)
	f := start(t, devgateway.WithUpstream(up))
	resp, err := f.server.Client().Do(newRequest(t.Context(), f.server.URL+completions, streamBody, tenant(t, "acme")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(feed, done); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, len(done))); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := f.post(completions, streamBody, tenant(t, "acme")); got.cache() != "HIT_L1" || got.body != done {
		t.Errorf("got %+v", got)
	}
	feed.Close()
}

func TestWhichStreamsAreKept(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType, body string
		broken                  bool // whether the upstream's body breaks off after the text
		replay                  string
	}{
		{"whole", sse, "data: {}\n\n" + done, false, "data: {}\n\n" + done},
		{"whole, with a charset", sse + "; charset=utf-8", done, false, done},
		{"no space after the colon", sse, "data:[DONE]\n\n", false, "data:[DONE]\n\n"},
		{"lines end in CRLF", sse, "data: {}\r\n\r\ndata: [DONE]\r\n\r\n", false, "data: {}\r\n\r\ndata: [DONE]\r\n\n"},
		{"no newline at the end", sse, "data: {}\n\ndata: [DONE]", false, "data: {}\n\n" + done},
		{"more after the end mark", sse, done + ": bye\n\n", false, done},
		{"comments and other fields", sse, ": ping\n\nid: 1\nevent: x\ndata: {}\n\n" + done, false, ": ping\n\nid: 1\nevent: x\ndata: {}\n\n" + done},
		{"no end mark", sse, "data: {}\n\n", false, ""},
		{"end mark inside a text", sse, "data: {\"x\":\"data: [DONE]\"}\n\n", false, ""},
		{"empty", sse, "", false, ""},
		{"broken off", sse, "data: {}\n\n", true, ""},
		{"broken off inside the end mark", sse, "data: [DONE]", true, ""},
		{"error as data", sse, "data: {\"error\":{\"message\":\"no\"}}\n\n" + done, false, ""},
		{"error as event", sse, "event: error\ndata: {}\n\n" + done, false, ""},
		{"null as error", sse, "data: {\"error\":null}\n\n" + done, false, "data: {\"error\":null}\n\n" + done},
		{"too long", sse, "data: \"" + strings.Repeat("x", 1000) + "\"\n\n" + done, false, ""},
		{"JSON", "application/json", `{"choices":[1]}`, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			f := start(t, devgateway.WithBodyLimit(1000), devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
				calls++
				return answer(200, tt.contentType, io.MultiReader(strings.NewReader(tt.body), failing(tt.broken))), nil
			})))
			resp, err := f.server.Client().Do(newRequest(t.Context(), f.server.URL+completions, streamBody, tenant(t, "acme")))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(got) != tt.body || resp.Header.Get("Content-Type") != tt.contentType {
				t.Errorf("got %q as %q, want it unchanged", got, resp.Header.Get("Content-Type"))
			}
			if (err != nil) != tt.broken {
				t.Errorf("the client's read ended with %v", err)
			}
			if tt.broken {
				f.drop(0, `{"dep_id":"cc:policy-version"}`, tenant(t, "acme"))
				return
			}
			again := f.post(completions, streamBody, tenant(t, "acme"))
			if tt.replay == "" {
				if again.cache() != "MISS" || calls != 2 {
					t.Errorf("again: %s after %d calls", again.cache(), calls)
				}
				return
			}
			if again.cache() != "HIT_L1" || again.body != tt.replay || calls != 1 {
				t.Errorf("again: %s %q after %d calls, want %q", again.cache(), again.body, calls, tt.replay)
			}
		})
	}
}

// failing ends a body. If it is true, the body breaks off.
type failing bool

func (f failing) Read([]byte) (int, error) {
	if f {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

// The gateway passes on an answer that streams although the request does not
// ask for a stream.
func TestStreamNobodyAskedFor(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithUpstream(upstream(func(*http.Request) (*http.Response, error) {
		return answer(200, sse, strings.NewReader(done)), nil
	})))
	f.wantCache("MISS", done, "hello", tenant(t, "acme"))
	f.wantCache("MISS", done, "hello", tenant(t, "acme"))
}
