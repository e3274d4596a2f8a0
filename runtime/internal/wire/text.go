package wire

import (
	"strconv"
	"strings"
)

// maxShown is the maximum length of an id or a hash in a message, in bytes,
// before it is quoted.
const maxShown = 80

// Show returns an id or a hash for a message: as it is if it is short and
// plain, and otherwise cut and quoted, in ASCII.
func Show(text string) string {
	cut := ""
	if len(text) > maxShown {
		text, cut = text[:maxShown], "..."
	}
	plain := text != "" && strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"\;,`, r)
	}) < 0
	if !plain {
		text = strconv.QuoteToASCII(text)
	}
	return text + cut
}

// AppendString appends a string as structured header fields spell it (RFC
// 8941). It escapes all bytes but printable ASCII, and cuts the text off after
// limit bytes.
func AppendString(to []byte, text string, limit int) []byte {
	to = append(to, '"')
	for _, r := range text {
		if limit <= 0 {
			to = append(to, "..."...)
			break
		}
		start := len(to)
		switch {
		case r == '"' || r == '\\':
			to = append(to, '\\', byte(r))
		case ' ' <= r && r <= '~':
			to = append(to, byte(r))
		default:
			to = append(to, '\\', '\\') // one backslash in the text
			escape := strings.Trim(strconv.QuoteRuneToASCII(r), `'\`)
			to = append(to, escape...)
		}
		limit -= len(to) - start
	}
	return append(to, '"')
}
