package prompt

import (
	"runtime"
	"strings"
	"testing"
)

// The text is cut after 32 KiB, at a rune, however it is spelled and split.
func TestUserTextIsLimited(t *testing.T) {
	t.Parallel()
	const n = MaxUserText
	user := func(content string) string { return `{"role":"user","content":` + content + `}` }
	text := func(s string) string { return `{"text":"` + s + `"}` }
	for name, tt := range map[string]struct{ messages, want string }{
		"at the limit":  {user(`"` + strings.Repeat("a", n) + `"`), strings.Repeat("a", n)},
		"one more":      {user(`"` + strings.Repeat("a", n+1) + `"`), strings.Repeat("a", n)},
		"very long":     {user(`"` + strings.Repeat("a", 20*n) + `"`), strings.Repeat("a", n)},
		"runes":         {user(`"a` + strings.Repeat("\u00e9", n) + `"`), "a" + strings.Repeat("\u00e9", n/2-1)},
		"escapes":       {user(`"` + strings.Repeat(`\u0061`, 3*n) + `"`), strings.Repeat("a", n)},
		"line breaks":   {user(`"` + strings.Repeat(`\n`, 7*n) + `"`), strings.Repeat("\n", n)},
		"quotes":        {user(`"` + strings.Repeat(`\"`, 7*n) + `"`), strings.Repeat(`"`, n)},
		"pairs":         {user(`"x` + strings.Repeat(`\ud83d\ude00`, 3*n) + `"`), "x" + strings.Repeat("\U0001f600", n/4-1)},
		"parts":         {user(`[` + text(strings.Repeat("a", n-1)) + `,` + text("bc") + `]`), strings.Repeat("a", n-1) + "b"},
		"several":       {user(`"`+strings.Repeat("a", n-2)+`"`) + "," + user(`"bc"`), strings.Repeat("a", n-2) + "\nb"},
		"none is empty": {user(`"`+strings.Repeat("a", n)+`"`) + "," + user(`"b"`), strings.Repeat("a", n)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := UserText([]byte(`{"messages":[` + tt.messages + `]}`)); got != tt.want {
				t.Errorf("got %d bytes that end in %q, want %d bytes that end in %q", len(got), end(got), len(tt.want), end(tt.want))
			}
		})
	}
}

func end(s string) string { return s[max(0, len(s)-10):] }

// Long content of any role is not copied. This test measures the process, so it
// does not run in parallel.
func TestUserTextCopiesLittle(t *testing.T) { //nolint:paralleltest // see above
	long := strings.Repeat("word ", 2<<20)
	for name, body := range map[string]string{
		"user":      `{"messages":[{"role":"user","content":"` + long + `"}]}`,
		"part":      `{"messages":[{"role":"user","content":[{"text":"` + long + `"}]}]}`,
		"assistant": `{"messages":[{"role":"assistant","content":"` + long + `"}]}`,
	} {
		bytes := []byte(body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		UserText(bytes)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes allocated for a body of %d", name, n, len(body))
		}
	}
}

func TestQuestionIsCutAtARune(t *testing.T) {
	t.Parallel()
	p, err := Parse([]byte(`{"messages":[{"role":"user","content":"a` + strings.Repeat("\u00e9", 200) + `"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Question().Text, "a"+strings.Repeat("\u00e9", 99); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
