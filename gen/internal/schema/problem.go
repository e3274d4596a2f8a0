package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A Problem is one mistake in a schema.
type Problem struct {
	File         string
	Line, Column int // both from 1; columns count characters
	Msg          string
}

// Error returns the problem as "path:line:column: message", which editors can
// jump to.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Msg)
}

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

// sorted returns the problems in file order, each once. The node of an alias is
// read, and may be wrong, several times.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(ps, func(a, b *Problem) bool { return *a == *b })
}

// pos is a place in the schema, from 1.
type pos struct{ line, column int }

func at(n *yaml.Node) pos { return pos{n.Line, n.Column} }

func (a pos) before(b pos) bool {
	return a.line < b.line || a.line == b.line && a.column < b.column
}
