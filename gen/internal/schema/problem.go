package schema

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// A Problem is one mistake in a schema.
type Problem struct {
	Pos token.Position // its column counts characters
	Msg string
}

// Error returns the problem as "path:line:column: message", which editors can
// jump to.
func (p *Problem) Error() string { return p.Pos.String() + ": " + p.Msg }

// Problems are all mistakes in a schema, in file order. Use errors.As to find
// them in an error.
type Problems []*Problem

// Error returns the problems, one per line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Problemf returns a problem with a message fit for a terminal.
func Problemf(pos token.Position, format string, args ...any) *Problem {
	return &Problem{Pos: pos, Msg: legible(fmt.Sprintf(format, args...))}
}

// Sorted returns the problems in file order, each once. The node of an alias is
// read, and may be wrong, several times.
func (ps Problems) Sorted() Problems {
	slices.SortStableFunc(ps, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return slices.CompactFunc(ps, func(a, b *Problem) bool { return *a == *b })
}
