// Package stats evaluates repeated measurements on a machine that is also busy
// with other work.
package stats

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// Sample contains the durations of one measurement's repetitions.
type Sample []time.Duration

// Median returns the middle of the sample. If the number of values is even, it
// returns the mean of the two in the middle. For an empty sample, it returns 0.
func (s Sample) Median() time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	upper := sorted[len(sorted)/2]
	lower := sorted[(len(sorted)-1)/2]
	return lower + (upper-lower)/2
}

// Least returns the minimum of the sample, or 0 if it is empty.
func (s Sample) Least() time.Duration {
	if len(s) == 0 {
		return 0
	}
	return slices.Min(s)
}

// Quantile returns the smallest value of the sample that at least the fraction
// q of all values, from 0 to 1, doesn't exceed. For an empty sample, it
// returns 0.
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

// Measure runs something that can be repeated, and returns its duration.
type Measure func(context.Context) (time.Duration, error)

// Interleave runs each measure once per round, so that all of them share a slow
// moment of the machine. It returns their samples in the order of the measures.
// Each round has a random order, so that no measure always follows the same
// other measure. A first round warms up and does not count. Interleave returns
// the first error.
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
