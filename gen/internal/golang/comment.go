package golang

import (
	"go/build/constraint"
	comments "go/doc/comment"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/depgen/depgen/gen/internal/schema"
)

var lineBreaks = strings.NewReplacer(
	"\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// docQuotes replaces quotes with typographic ones where gofmt does, but all at
// once: gofmt replaces one per run.
var docQuotes = strings.NewReplacer("``", "“", "''", "”")

// comment makes a Go comment of any text: each line becomes a // line.
func comment(text string) string {
	lines := strings.Split(lineBreaks.Replace(strings.TrimSpace(text)), "\n")
	for i, line := range lines {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if constraint.IsPlusBuild("// " + line) { // gofmt would make it the file's build constraint
			line = strings.Replace(line, "+build", `\+build`, 1)
		}
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") { // else it may be code
			line = docQuotes.Replace(line)
		}
		lines[i] = line
	}
	if !slices.ContainsFunc(lines, structured) {
		return commentLines(lines)
	}
	return commentLines(strings.Split(settled(strings.Join(lines, "\n")), "\n"))
}

func commentLines(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("//")
		if line != "" {
			b.WriteString(" " + line)
		}
	}
	return b.String()
}

// structured reports whether gofmt may format a line as code, a list or a
// heading, rather than as part of a paragraph.
func structured(line string) bool {
	r, _ := utf8.DecodeRuneInString(line)
	return line != "" && !unicode.IsLetter(r)
}

// settled returns the text of a comment in the form that gofmt leaves
// unchanged. One run is not enough: gofmt may format its own lists and
// code again.
func settled(text string) string {
	var parser comments.Parser
	var printer comments.Printer
	for range 32 {
		next := strings.TrimSuffix(string(printer.Comment(parser.Parse(text))), "\n")
		if next == text {
			break
		}
		text = next
	}
	return text
}

// paragraphs joins the texts that are not empty, with blank lines between.
func paragraphs(texts ...string) string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n\n")
}

// lineWidth is the width of a line of a comment after "// ".
const lineWidth = 77

// noBreak is a space where wrap doesn't break the line.
const noBreak = "\u00a0"

// wrap breaks a paragraph into lines. It avoids a last line of one word.
func wrap(text string) string {
	out := make([]byte, 0, len(text))
	column, words := 0, 0    // of the current line
	lastBreak, above := 0, 0 // the line break before it, and the number of words in the line above
	lastSpace, space := 0, 0 // the last space in the current line, and in the line above
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' }) {
		width := utf8.RuneCountInString(word)
		switch {
		case words > 0 && column+1+width > lineWidth:
			lastBreak, above, space = len(out), words, lastSpace
			out = append(out, '\n')
			column, words = 0, 0
		case words > 0:
			lastSpace = len(out)
			out = append(out, ' ')
			column++
		}
		out = append(out, word...)
		column += width
		words++
	}
	if words == 1 && above > 2 && utf8.RuneCount(out[space+1:lastBreak])+1+column <= lineWidth {
		out[space], out[lastBreak] = '\n', ' '
	}
	return strings.ReplaceAll(string(out), noBreak, " ")
}

// oneLine replaces characters that are not allowed in a line of a Go file.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) || schema.Hidden(r) {
			return '?'
		}
		return r
	}, s)
}
