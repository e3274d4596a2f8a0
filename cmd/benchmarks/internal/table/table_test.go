package table_test

import (
	"math"
	"testing"

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
		{"no goal", table.Row{What: "a", Against: "b", Result: 1.23456, Command: "c"}, "| a | b | 1.23 |  | `c` |\n"},
		{"at most, met", table.Row{Result: 0.5, Goal: table.AtMost(0.5)}, "|  |  | 0.5 | ≤ 0.5, met | `` |\n"},
		{"at most, missed", table.Row{Result: 0.51, Goal: table.AtMost(0.5)}, "|  |  | 0.51 | ≤ 0.5, **missed** | `` |\n"},
		{"at least, met", table.Row{Result: 0.4, Goal: table.AtLeast(1. / 3)}, "|  |  | 0.4 | ≥ 0.333, met | `` |\n"},
		{"at least, missed", table.Row{Result: 0.3, Goal: table.AtLeast(1. / 3)}, "|  |  | 0.3 | ≥ 0.333, **missed** | `` |\n"},
		{"missed by less than is shown", table.Row{Result: 0.50001, Goal: table.AtMost(0.5)}, "|  |  | 0.5 | ≤ 0.5, **missed** | `` |\n"},
		{"difference", table.Row{Result: 3, Difference: true, Goal: table.AtMost(3)}, "|  |  | +3 | ≤ +3, met | `` |\n"},
		{"small", table.Row{Result: 0.00123456}, "|  |  | 0.00123 |  | `` |\n"},
		{"large", table.Row{Result: 12345.6}, "|  |  | 12346 |  | `` |\n"},
		{"no number", table.Row{Result: math.NaN(), Goal: table.AtMost(1)}, "|  |  | NaN | ≤ 1, **missed** | `` |\n"},
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
