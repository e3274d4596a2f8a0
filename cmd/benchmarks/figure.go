package main

import (
	"fmt"
	"math"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

// timed compares the durations of two measurements.
func timed(what string, a stats.Sample, against string, b stats.Sample, goal table.Goal) table.Row {
	return table.Row{
		What:    figure(what, a),
		Against: figure(against, b),
		Result:  stats.Ratio(a, b),
		Goal:    goal,
	}
}

// limited compares a measurement with a fixed time.
func limited(what string, s stats.Sample, limit time.Duration) table.Row {
	fixed := make(stats.Sample, len(s))
	for i := range fixed {
		fixed[i] = limit
	}
	return table.Row{What: figure(what, s), Against: "the limit: " + short(limit), Result: stats.Ratio(s, fixed), Goal: table.AtMost(1)}
}

// figure returns a name with its sample's median and minimum.
func figure(name string, s stats.Sample) string {
	return fmt.Sprintf("%s: %s (least %s)", name, short(s.Median()), short(s.Least()))
}

// short rounds to three significant digits.
func short(d time.Duration) string {
	if d <= 0 {
		return d.String()
	}
	digits := int(math.Log10(float64(d))) + 1
	return d.Round(time.Duration(math.Pow10(max(digits-3, 0)))).String()
}
