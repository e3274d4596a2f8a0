package main

import (
	"math"
	"testing"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

func TestTimed(t *testing.T) {
	t.Parallel()
	a := stats.Sample{10 * time.Millisecond, 12345678, 20 * time.Millisecond}
	b := stats.Sample{20 * time.Millisecond, 24691356, 50 * time.Millisecond}
	got := timed("ours", a, "theirs", b, table.AtMost(0.5))
	want := table.Row{
		What:    "ours: 12.3ms (least 10ms)",
		Against: "theirs: 24.7ms (least 20ms)",
		Result:  stats.Estimate{Median: 0.5, Low: math.Inf(-1), High: math.Inf(1)},
		Goal:    table.AtMost(0.5),
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLimited(t *testing.T) {
	t.Parallel()
	a := stats.Sample{time.Microsecond, 500, 3 * time.Microsecond}
	got := limited("ours", a, 2*time.Microsecond)
	want := table.Row{
		What:    "ours: 1µs (least 500ns)",
		Against: "the limit: 2µs",
		Result:  stats.Estimate{Median: 0.5, Low: math.Inf(-1), High: math.Inf(1)},
		Goal:    table.AtMost(1),
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	tests := map[time.Duration]string{
		0:          "0s",
		7:          "7ns",
		999:        "999ns",
		1234:       "1.23µs",
		99_999:     "100µs",
		1234567:    "1.23ms",
		20_123e6:   "20.1s",
		100_600e6:  "1m41s",
		-1234 * 10: "-12.34µs",
	}
	for d, want := range tests {
		if got := short(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}
