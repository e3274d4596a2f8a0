package prompt

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestUserText(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ messages, want string }{
		"one":                   {`{"role":"user","content":"hello"}`, "hello"},
		"several, in order":     {`{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}`, "a\nc"},
		"parts":                 {`{"role":"user","content":[{"type":"text","text":"a "},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"b"}]}`, "a b"},
		"other roles":           {`{"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"tool","content":"t"},{"role":"User","content":"u"}`, ""},
		"no content":            {`{"role":"user"},{"role":"user","content":null},{"role":"user","content":"a"}`, "a"},
		"content of other type": {`{"role":"user","content":7},{"role":"user","content":{"text":"b"}},{"role":"user","content":"a"}`, "a"},
		"empty":                 {`{"role":"user","content":""},{"role":"user","content":[]}`, ""},
		"role of other type":    {`{"role":7,"content":"b"},{"role":["user"],"content":"b"},null,{"role":"user","content":"a"}`, "a"},
		"escapes":               {`{"role":"user","content":"\u00e4\n\"<"}`, "ä\n\"<"},
		"none":                  {``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := UserText([]byte(`{"messages":[` + tt.messages + `]}`)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", "7", `"text"`, `{"messages":{}}`, `{"messages":[7]}`, `{"stream":"yes"}`, `{}{}`} {
		if p, err := Parse([]byte(body)); err == nil || p != nil {
			t.Errorf("%s: %v, %v; want an error", body, p, err)
		}
	}
}

// The text of any body is valid, and is that of the user messages.
func FuzzUserText(f *testing.F) {
	for _, body := range []string{
		`{"messages":[{"role":"user","content":"a"}]}`, `{"messages":[{"role":"user","content":[{"text":"a"},{"text":7}]}]}`,
		`{"messages":null}`, `[]`, `{"MESSAGES":[{"ROLE":"user","CONTENT":"a"}]}`, `{"messages":[{"role":"user","content":"\ud800"}]}`, "\xff",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := UserText(body)
		if !utf8.ValidString(text) {
			t.Fatalf("%q is not valid", text)
		}
		if text == "" {
			return
		}
		again, err := json.Marshal(map[string]any{"messages": []any{map[string]any{"role": "user", "content": text}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := UserText(again); got != text {
			t.Fatalf("%q, and as one message %q", text, got)
		}
		if p, err := Parse(body); err == nil && (len(p.Messages) == 0 || len(p.Instructions()) == len(p.Messages)) {
			t.Fatalf("the text %q of no user message", text)
		}
	})
}
