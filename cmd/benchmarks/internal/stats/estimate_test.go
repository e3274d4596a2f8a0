package stats_test

import (
	"math"
	"testing"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
)

func TestRatio(t *testing.T) {
	t.Parallel()
	ones := make(stats.Sample, 100)
	hundred := make(stats.Sample, 100) // from 1 to 100
	for i := range hundred {
		ones[i], hundred[i] = 1, time.Duration(i+1)
	}
	inf := math.Inf(1)
	tests := []struct {
		name string
		a, b stats.Sample
		want stats.Estimate
	}{
		{"one round", stats.Sample{1}, stats.Sample{2}, stats.Estimate{Median: 0.5, Low: -inf, High: inf}},
		{"slow round", stats.Sample{2, 200, 4}, stats.Sample{1, 100, 1}, stats.Estimate{Median: 2, Low: -inf, High: inf}},
		{"even", stats.Sample{1, 3}, stats.Sample{1, 1}, stats.Estimate{Median: 2, Low: -inf, High: inf}},
		{"too few", ones[:4], ones[:4], stats.Estimate{Median: 1, Low: -inf, High: inf}},
		{"enough for one end", ones[:5], ones[:5], stats.Estimate{Median: 1, Low: -inf, High: 1}},
		// All of six are beyond the median with the probability 2/64.
		{"just enough", stats.Sample{6, 1, 5, 2, 4, 3}, ones[:6], stats.Estimate{Median: 3.5, Low: 1, High: 6}},
		// From 40 to 59 of 100 values are below the median with the probability 0.954.
		{"many", hundred, ones, stats.Estimate{Median: 50.5, Low: 40, High: 60}},
		{"by round", stats.Sample{1, 20, 3, 40, 5, 60, 7, 80}, stats.Sample{1, 10, 3, 20, 5, 30, 7, 40}, stats.Estimate{Median: 1.5, Low: 1, High: 2}},
		{"different lengths", hundred, ones[:6], stats.Estimate{Median: 3.5, Low: 1, High: 6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := stats.Ratio(tt.a, tt.b); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := stats.Ratio[stats.Sample](nil, nil); !math.IsNaN(got.Median) || !math.IsNaN(got.Low) || !math.IsNaN(got.High) {
		t.Errorf("got %v without a round, want NaN", got)
	}
}
