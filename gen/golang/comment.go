package golang

import (
	"go/build/constraint"
	"strings"
	"unicode"
	"unicode/utf8"
)

var lineBreaks = strings.NewReplacer(
	"\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// comment makes a Go comment of text, whatever it holds: each line becomes a // line.
func comment(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(lineBreaks.Replace(strings.TrimSpace(text)), "\n") {
		line = strings.TrimRightFunc("// "+line, unicode.IsSpace)
		if constraint.IsPlusBuild(line) { // gofmt would make it the file's build constraint
			line = strings.Replace(line, "+build", "+ build", 1)
		}
		b.WriteString(line + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// paragraphs joins what is not empty, with blank lines between.
func paragraphs(texts ...string) string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n\n")
}

const lineWidth = 115

// wrap breaks a sentence into lines.
func wrap(text string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		width := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+width > lineWidth:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	return b.String()
}

// oneLine replaces what can't stand in a line of a Go file.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' || r == '\ufeff' || unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}
