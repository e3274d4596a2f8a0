package devgateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
)

func echoed(t *testing.T, up http.RoundTripper, body string) (*http.Response, string) {
	t.Helper()
	resp, err := up.RoundTrip(newRequest(t.Context(), "http://upstream.invalid"+completions, body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(got)
}

func TestEcho(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, messages, want string }{
		{"one message", `[{"role":"user","content":"hello"}]`, "#1 hello"},
		{"the last of several", `[{"role":"system","content":"be brief"},{"role":"user","content":"ünïcödé & <b>"}]`, "#1 ünïcödé & <b>"},
		{"in parts", `[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, "#1 ab"},
		{"empty", `[{"role":"user","content":""}]`, "#1 "},
		{"null", `[{"role":"assistant","content":null}]`, "#1 "},
		{"long", `[{"role":"user","content":"` + strings.Repeat("ü€", 20_000) + `"}]`, "#1 " + strings.Repeat("ü€", 20_000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, body := echoed(t, devgateway.Echo(), `{"model":"m","messages":`+tt.messages+`}`)
			var whole struct {
				Model   string
				Choices []struct {
					Message struct{ Role, Content string }
				}
				Usage struct {
					Total int `json:"total_tokens"`
				}
			}
			if err := json.Unmarshal([]byte(body), &whole); err != nil || len(whole.Choices) != 1 {
				t.Fatalf("%s: %v", body, err)
			}
			m := whole.Choices[0].Message
			if resp.StatusCode != http.StatusOK || whole.Model != "m" || m.Role != "assistant" || m.Content != tt.want || whole.Usage.Total == 0 {
				t.Errorf("got %s", body)
			}

			resp, body = echoed(t, devgateway.Echo(), `{"stream":true,"stream_options":{"include_usage":true},"messages":`+tt.messages+`}`)
			if got := join(t, body); got != tt.want || resp.Header.Get("Content-Type") != sse {
				t.Errorf("stream: got %.100q in %.100q", got, body)
			}
			if !strings.Contains(body, `"total_tokens"`) {
				t.Error("the stream has no usage")
			}
		})
	}
}

// join reads a stream with lines of at most 64 KiB and returns its text.
func join(t *testing.T, stream string) string {
	t.Helper()
	text, last := "", ""
	for lines := bufio.NewScanner(strings.NewReader(stream)); lines.Scan(); {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found {
			continue
		}
		last = data
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if data != "[DONE]" {
			if err := json.Unmarshal([]byte(data), &chunk); err != nil {
				t.Fatalf("%s: %v", data, err)
			}
		}
		for _, c := range chunk.Choices {
			text += c.Delta.Content
		}
	}
	if last != "[DONE]" {
		t.Errorf("the stream ends with %.100q", last)
	}
	return text
}

func TestEchoCounts(t *testing.T) {
	t.Parallel()
	up := devgateway.Echo()
	_, first := echoed(t, up, question("hello"))
	_, second := echoed(t, up, question("hello"))
	if second != strings.NewReplacer("#1", "#2", "chatcmpl-1", "chatcmpl-2").Replace(first) {
		t.Errorf("first %s\nsecond %s", first, second)
	}
	if _, again := echoed(t, devgateway.Echo(), question("hello")); again != first {
		t.Errorf("another echo says %s, not %s", again, first)
	}
}

func TestEchoRefuses(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithUpstream(devgateway.Echo()))
	for _, body := range []string{`{}`, `{"messages":[]}`, `{"messages":[{"content":7}]}`} {
		if got := f.post(completions, body); got.code != 400 || !strings.Contains(got.body, `"code":"invalid_messages"`) {
			t.Errorf("%s: got %d %s", body, got.code, got.body)
		}
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, devgateway.WithUpstream(devgateway.Answer(func(_ context.Context, q devgateway.Question) (string, error) {
		if q.Last() == "fail" {
			return "", errors.New("no network")
		}
		return fmt.Sprintf("%+v", q), nil
	})))
	got := f.post(completions, `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}]}`)
	if want := "{Model:m Messages:[{Role:system Text:s} {Role:user Text:u}] Stream:false}"; got.code != 200 || !strings.Contains(got.body, want) {
		t.Errorf("got %d %s, want %s", got.code, got.body, want)
	}
	f.ask("fail").wantProblem(t, 502, "upstream_failed")
}
