package schema

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestProblemsAreLegible(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", maxMessage)
	tests := []struct{ name, msg, want string }{
		{"plain", "größe 日本 🎉 …", "größe 日本 🎉 …"},
		{"escape", "a\x1b[31mb", `a\x1b[31mb`},
		{"direction", "a\u202eb\u2066c\u200ed", `a\u202eb\u2066c\u200ed`},
		{"invisible", "a\u200bb\u00adc\U000e0041d\u3164e", `a\u200bb\u00adc\U000e0041d\u3164e`},
		{"line ends", "a\nb\rc\u2028d", `a\nb\rc\u2028d`},
		{"quotes", `"a" 'b'`, `"a" 'b'`},
		{"long", "begin " + long + "; end", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := legible(tt.msg)
			if tt.want != "" && got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(got) > maxMessage+len(" … ") || !utf8.ValidString(got) ||
				tt.want == "" && (!strings.HasPrefix(got, "begin ä") || !strings.HasSuffix(got, "ä; end")) {
				t.Errorf("got %d bytes: %q", len(got), got)
			}
		})
	}
}
