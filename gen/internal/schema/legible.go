package schema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden reports whether r is invisible and can disguise the text around it: a
// bidirectional control ("Trojan Source"), a character without a width, a tag.
// The joiners of emoji and of several scripts are allowed, and so are the
// visible Arabic format signs.
func Hidden(r rune) bool {
	switch {
	case r == '\u200c', r == '\u200d', unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point)
}

// maxMessage bounds the length of a message, in bytes.
const maxMessage = 2000

// legible returns a message fit for a terminal. It cuts the middle of a long
// message, because the end names the fix.
func legible(msg string) string {
	if len(msg) > maxMessage {
		const half = maxMessage / 2
		msg = strings.ToValidUTF8(msg[:half], "") + " … " + strings.ToValidUTF8(msg[len(msg)-half:], "")
	}
	return Escape(msg)
}

// Escape escapes the characters that a terminal does not show, and those that
// it acts on, such as ESC and characters that change the direction of text.
func Escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strconv.IsGraphic(r) && !Hidden(r) || r == utf8.RuneError {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// characterName names a character that can't be shown.
func characterName(r rune) string {
	if unicode.Is(unicode.Bidi_Control, r) {
		return fmt.Sprintf("%U, which changes the direction of text", r)
	}
	return fmt.Sprintf("%U, which is invisible", r)
}
