package main

import (
	"strconv"
	"strings"
	"unicode"
)

// shown returns a path as messages show it: quoted if it has characters that a terminal would act on or not show.
func shown(path string) string {
	if strings.ContainsFunc(path, hidden) {
		return strconv.Quote(path)
	}
	return path
}

// visible replaces such characters in a message whose paths come from elsewhere, such as the operating system.
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
