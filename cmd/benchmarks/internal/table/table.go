// Package table shows measurements, and whether they reach their goals.
package table

import (
	"fmt"
	"math"
	"strings"
)

// Row is one comparison.
type Row struct {
	What    string // the measured program, with its figure
	Against string // the alternative, with its figure
	Result  float64
	// Difference reports whether Result is a difference. Otherwise it is a
	// ratio of What to Against.
	Difference bool
	Goal       Goal
	Command    string // repeats the measurement
}

// Goal is a limit for a result. The zero value sets no goal.
type Goal struct {
	limit float64
	kind  goalKind
}

type goalKind int

const (
	none goalKind = iota
	atMost
	atLeast
)

// AtMost is the goal not to exceed limit.
func AtMost(limit float64) Goal { return Goal{limit, atMost} }

// AtLeast is the goal to reach limit.
func AtLeast(limit float64) Goal { return Goal{limit, atLeast} }

// met reports whether a result meets the goal. NaN never does.
func (g Goal) met(result float64) bool {
	switch g.kind {
	case atMost:
		return result <= g.limit
	case atLeast:
		return result >= g.limit
	default:
		return true
	}
}

// Markdown returns the rows as a table.
func Markdown(rows []Row) string {
	var b strings.Builder
	b.WriteString("| what | against what | ratio | goal | command |\n|---|---|---:|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | `%s` |\n", cell(r.What), cell(r.Against), r.result(), r.goal(), cell(r.Command))
	}
	return b.String()
}

func (r Row) result() string { return number(r.Result, r.Difference) }

func (r Row) goal() string {
	sign := "≤"
	switch r.Goal.kind {
	case none:
		return ""
	case atLeast:
		sign = "≥"
	case atMost:
	}
	verdict := "met"
	if !r.Goal.met(r.Result) {
		verdict = "**missed**"
	}
	return sign + " " + number(r.Goal.limit, r.Difference) + ", " + verdict
}

// number formats three significant digits: 0.00123, 0.5, 12.3, 1234. A
// difference has its sign.
func number(f float64, difference bool) string {
	if difference {
		return fmt.Sprintf("%+.3g", f)
	}
	if math.Abs(f) >= 1000 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.3g", f)
}

// cell escapes text that would end its cell.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
