package table_test

import (
	"math"
	"testing"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	const head = "| what | against what | ratio | goal | command |\n|---|---|---:|---|---|\n"
	tests := []struct {
		name string
		row  table.Row
		want string
	}{
		{"no goal", table.Row{What: "a", Against: "b", Result: stats.Exact(1.23456), Command: "c"}, "| a | b | 1.23 |  | `c` |\n"},
		{"at most, met", table.Row{Result: stats.Exact(0.5), Goal: table.AtMost(0.5)}, "|  |  | 0.5 | ≤ 0.5, met | `` |\n"},
		{"at most, missed", table.Row{Result: stats.Exact(0.51), Goal: table.AtMost(0.5)}, "|  |  | 0.51 | ≤ 0.5, **missed** | `` |\n"},
		{"at least, met", table.Row{Result: stats.Exact(0.4), Goal: table.AtLeast(1. / 3)}, "|  |  | 0.4 | ≥ 0.333, met | `` |\n"},
		{"at least, missed", table.Row{Result: stats.Exact(0.3), Goal: table.AtLeast(1. / 3)}, "|  |  | 0.3 | ≥ 0.333, **missed** | `` |\n"},
		{"missed by less than is shown", table.Row{Result: stats.Exact(0.50001), Goal: table.AtMost(0.5)}, "|  |  | 0.5 | ≤ 0.5, **missed** | `` |\n"},
		{"interval", table.Row{Result: estimate(1.13, 1.1, 1.174)}, "|  |  | 1.13 [1.1, 1.17] |  | `` |\n"},
		{"at most, the whole interval", between(1.1, 1.2, table.AtMost(1.2)), "|  |  | 1.15 [1.1, 1.2] | ≤ 1.2, met | `` |\n"},
		{"at most, a part of the interval", between(1.2, 1.3, table.AtMost(1.2)), "|  |  | 1.25 [1.2, 1.3] | ≤ 1.2, within noise | `` |\n"},
		{"at most, nothing of the interval", between(1.21, 1.31, table.AtMost(1.2)), "|  |  | 1.26 [1.21, 1.31] | ≤ 1.2, **missed** | `` |\n"},
		{"at least, the whole interval", between(0.4, 0.5, table.AtLeast(0.4)), "|  |  | 0.45 [0.4, 0.5] | ≥ 0.4, met | `` |\n"},
		{"at least, a part of the interval", between(0.3, 0.4, table.AtLeast(0.4)), "|  |  | 0.35 [0.3, 0.4] | ≥ 0.4, within noise | `` |\n"},
		{"at least, nothing of the interval", between(0.29, 0.39, table.AtLeast(0.4)), "|  |  | 0.34 [0.29, 0.39] | ≥ 0.4, **missed** | `` |\n"},
		{"too few rounds", table.Row{Result: estimate(1, math.Inf(-1), math.Inf(1)), Goal: table.AtMost(2)}, "|  |  | 1 [-∞, ∞] | ≤ 2, within noise | `` |\n"},
		{"interval of a difference", table.Row{Result: estimate(0, -1, 2), Difference: true}, "|  |  | +0 [-1, +2] |  | `` |\n"},
		{"difference", table.Row{Result: stats.Exact(3), Difference: true, Goal: table.AtMost(3)}, "|  |  | +3 | ≤ +3, met | `` |\n"},
		{"small", table.Row{Result: stats.Exact(0.00123456)}, "|  |  | 0.00123 |  | `` |\n"},
		{"large", table.Row{Result: stats.Exact(12345.6)}, "|  |  | 12346 |  | `` |\n"},
		{"no number", table.Row{Result: stats.Exact(math.NaN()), Goal: table.AtMost(1)}, "|  |  | NaN | ≤ 1, **missed** | `` |\n"},
		{"text that would end its cell", table.Row{What: "a|b\nc"}, "| a\\|b c |  | 0 |  | `` |\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := table.Markdown([]table.Row{tt.row}); got != head+tt.want {
				t.Errorf("got\n%swant\n%s", got, head+tt.want)
			}
		})
	}
}

func estimate(median, low, high float64) stats.Estimate {
	return stats.Estimate{Median: median, Low: low, High: high}
}

func between(low, high float64, goal table.Goal) table.Row {
	return table.Row{Result: estimate((low+high)/2, low, high), Goal: goal}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, document, want string
	}{
		{"empty", "a\n" + table.Begin + "\n" + table.End + "\nb\n", "a\n" + table.Begin + "\n\nnew\n\n" + table.End + "\nb\n"},
		{"filled", "a\n" + table.Begin + "\n\nold\n\n" + table.End + "\nb\n", "a\n" + table.Begin + "\n\nnew\n\n" + table.End + "\nb\n"},
		{"no marker", "a\n", ""},
		{"no end", "a\n" + table.Begin + "\n", ""},
		{"two beginnings", table.Begin + "\n" + table.Begin + "\n" + table.End + "\n", ""},
		{"wrong order", table.End + "\n" + table.Begin + "\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := table.Replace(tt.document, "\nnew\n")
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("got %q and error %v, want %q", got, err, tt.want)
			}
			if tt.want == "" {
				return
			}
			if again, err := table.Replace(got, "new"); err != nil || again != got {
				t.Errorf("a second time: got %q and error %v, want %q", again, err, got)
			}
		})
	}
}
