package schema

import (
	"fmt"
	"strings"
)

// maxSuggestions bounds the number of suggestions, because each search compares
// every known name.
const maxSuggestions = 50

// suggest returns ` (did you mean "user"?)` for the closest of the known words.
// If no word is close, it returns otherwise.
func (p *parser) suggest(word string, known []string, otherwise string) string {
	if p.suggestions == 0 || len(word) > maxName {
		return otherwise
	}
	p.suggestions--
	best, least := "", max(1, len(word)/3)+1
	for _, k := range known {
		if d := len(k) - len(word); d >= least || -d >= least {
			continue
		}
		if d := distance(word, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return otherwise
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

func (p *parser) unknownKey(e pair, what string, known []string) {
	p.errorf(e.pos, "%sunknown key %q%s", what, e.key,
		p.suggest(e.key, known, "; the keys here are "+strings.Join(known, ", ")))
}

// distance returns the number of letters to insert, delete, replace or swap
// with a neighbour to turn a into b.
func distance(a, b string) int {
	var before []int // the row for a[:i-1]; prev is the row for a[:i], and row the current one
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, prev[j+1]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}
