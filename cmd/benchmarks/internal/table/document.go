package table

import (
	"fmt"
	"strings"
)

// The lines that enclose the text that Replace writes.
const (
	Begin = "<!-- measured: everything from here is written by make bench -->"
	End   = "<!-- measured: to here -->"
)

// Replace returns the document with content in place of the text between Begin
// and End. It fails unless each occurs once, in this order.
func Replace(document, content string) (string, error) {
	if strings.Count(document, Begin) != 1 || strings.Count(document, End) != 1 {
		return "", fmt.Errorf("the document has to hold once each the lines %q and %q: restore them", Begin, End)
	}
	before, rest, _ := strings.Cut(document, Begin)
	_, after, found := strings.Cut(rest, End)
	if !found {
		return "", fmt.Errorf("%q comes after %q: put it before", Begin, End)
	}
	return before + Begin + "\n\n" + strings.TrimSpace(content) + "\n\n" + End + after, nil
}
