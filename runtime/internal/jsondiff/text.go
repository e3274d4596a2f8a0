package jsondiff

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of texts, in bytes.
const (
	maxText = 60
	maxPath = 200
)

const (
	ellipsis = "…"

	// kept is the number of equal bytes before a difference that are shown.
	kept = 12
)

// path leads from the whole text to a value.
type path []segment

type segment struct {
	member bool
	name   string // of a member
	index  int    // of an element
}

func (p *path) push(s segment) { *p = append(*p, s) }

func (p *path) pop() { *p = (*p)[:len(*p)-1] }

// String returns the path in JavaScript's notation. The end of a long path is
// cut off.
func (p *path) String() string {
	var out strings.Builder
	for _, s := range *p {
		text := s.text(out.Len() == 0)
		if out.Len()+len(text) > maxPath {
			return out.String() + ellipsis
		}
		out.WriteString(text)
	}
	return out.String()
}

func (s segment) text(leads bool) string {
	switch {
	case !s.member:
		return "[" + strconv.Itoa(s.index) + "]"
	case !isPlain(s.name):
		return "[" + strconv.Quote(cut(s.name)) + "]"
	case leads:
		return s.name
	}
	return "." + s.name
}

// isPlain reports whether the name is clear without quotes.
func isPlain(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || c == '$' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != "" && len(name) <= maxText
}

// short returns both texts, cut so that their first difference can be seen.
func short(a, b []byte) (left, right string) {
	from := commonPrefix(a, b)
	if from <= 2*kept {
		from = 0
	} else {
		from -= kept
		for from > 0 && !utf8.RuneStart(a[from]) {
			from--
		}
	}
	show := func(text []byte) string {
		if from == 0 {
			return cut(string(text[:min(len(text), maxText+1)]))
		}
		return cut(ellipsis + string(text[from:min(len(text), from+maxText)]))
	}
	return show(a), show(b)
}

// cut limits the text to maxText bytes of UTF-8.
func cut(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) > maxText {
		end := maxText - len(ellipsis)
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + ellipsis
	}
	return text
}

// commonPrefix returns the number of bytes that a and b begin with alike.
func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	const step = 64 // compares whole pieces first
	at := 0
	for at+step <= n && bytes.Equal(a[at:at+step], b[at:at+step]) {
		at += step
	}
	for at < n && a[at] == b[at] {
		at++
	}
	return at
}
