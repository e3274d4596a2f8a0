// Package stats says what repeated measurements amount to on a machine that also
// does other things.
package stats

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Sample is how long one thing took, in each of its repetitions.
type Sample []time.Duration

// Median returns the middle of the sample, or of an even number the mean of the
// two in the middle. An empty sample has 0.
func (s Sample) Median() time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	upper := sorted[len(sorted)/2]
	lower := sorted[(len(sorted)-1)/2]
	return lower + (upper-lower)/2
}

// Least returns the shortest of the sample, 0 if it is empty.
func (s Sample) Least() time.Duration {
	if len(s) == 0 {
		return 0
	}
	return slices.Min(s)
}

// Quantile returns the shortest of the sample that at least the part q of it, from
// 0 to 1, does not exceed. An empty sample has 0.
func (s Sample) Quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(q * float64(len(sorted)))
	if float64(rank) < q*float64(len(sorted)) {
		rank++
	}
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Ratio returns the median of the ratios of a to b within each round, which says more
// than the ratio of their medians when the machine is now fast and now slow. Samples
// without a round in common have NaN.
func Ratio(a, b Sample) float64 {
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		ratios[i] = float64(a[i]) / float64(b[i])
	}
	if len(ratios) == 0 {
		return math.NaN()
	}
	slices.Sort(ratios)
	return (ratios[len(ratios)/2] + ratios[(len(ratios)-1)/2]) / 2
}

// Measure is something that can be repeated, and how long it took.
type Measure func(context.Context) (time.Duration, error)

// Interleave takes each of the measures once a round, so that a slow moment of the
// machine is shared by all of them, and returns their samples in the order of the
// measures. Each round has an order of its own, so that none always comes after the
// same other. One round before the others warms up, and does not count. The first
// error ends it.
func Interleave(ctx context.Context, rounds int, measures ...Measure) ([]Sample, error) {
	samples := make([]Sample, len(measures))
	for round := range rounds + 1 {
		for _, i := range rand.Perm(len(measures)) { //nolint:gosec // an order need not be a secret
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			took, err := measures[i](ctx)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				samples[i] = append(samples[i], took)
			}
		}
	}
	return samples, nil
}
