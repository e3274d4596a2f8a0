package main

import (
	"strconv"
	"strings"
	"unicode"
)

// shown returns a path for a message. It quotes a path with characters that a terminal acts on or does not show.
func shown(path string) string {
	if strings.ContainsFunc(path, hidden) {
		return strconv.Quote(path)
	}
	return path
}

// visible escapes such characters in a message. The operating system, for one, puts paths into errors as they are.
func visible(message string) string {
	if !strings.ContainsFunc(message, hidden) {
		return message
	}
	var b strings.Builder
	for _, r := range message {
		if hidden(r) {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a terminal acts on r, as on an escape or a change of the direction of text, or does not show it.
func hidden(r rune) bool { return !unicode.IsPrint(r) }
