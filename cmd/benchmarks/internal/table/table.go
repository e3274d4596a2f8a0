// Package table shows measurements, and whether they reach their goals.
package table

import (
	"fmt"
	"math"
	"strings"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
)

// Row is one comparison.
type Row struct {
	What    string // the measured program, with its figure
	Against string // the alternative, with its figure
	Result  stats.Estimate
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

// verdict compares the whole interval of a result with the goal. It is within
// noise if the limit lies inside the interval. NaN misses every goal.
func (g Goal) verdict(result stats.Estimate) string {
	best, worst := result.Low, result.High
	limit := g.limit
	if g.kind == atLeast {
		best, worst, limit = -result.High, -result.Low, -limit
	}
	switch {
	case worst <= limit:
		return "met"
	case best <= limit:
		return "within noise"
	default:
		return "**missed**"
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

// result returns the median, and the interval in brackets if it has one.
func (r Row) result() string {
	median := number(r.Result.Median, r.Difference)
	if r.Result.Low < r.Result.High {
		median += fmt.Sprintf(" [%s, %s]", number(r.Result.Low, r.Difference), number(r.Result.High, r.Difference))
	}
	return median
}

func (r Row) goal() string {
	sign := "≤"
	switch r.Goal.kind {
	case none:
		return ""
	case atLeast:
		sign = "≥"
	case atMost:
	}
	return sign + " " + number(r.Goal.limit, r.Difference) + ", " + r.Goal.verdict(r.Result)
}

// number formats three significant digits: 0.00123, 0.5, 12.3, 1234. A
// difference has its sign.
func number(f float64, difference bool) string {
	switch {
	case math.IsInf(f, 1):
		return "∞"
	case math.IsInf(f, -1):
		return "-∞"
	case difference:
		return fmt.Sprintf("%+.3g", f)
	case math.Abs(f) >= 1000:
		return fmt.Sprintf("%.0f", f)
	default:
		return fmt.Sprintf("%.3g", f)
	}
}

// cell escapes text that would end its cell.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
