package stats

import (
	"math"

	"golang.org/x/perf/benchmath"
)

// confidence is the probability that an interval contains the median.
const confidence = 0.95

// Estimate is a median with its confidence interval from Low to High. The ends
// are infinite if there are fewer than five measurements, and Low is if there
// are five.
type Estimate struct{ Median, Low, High float64 }

// Exact returns an estimate without uncertainty, for a count.
func Exact(value float64) Estimate { return Estimate{value, value, value} }

// Ratio estimates the ratio of a to b. It takes the ratios within each round as
// one sample, because the rounds of [Interleave] share the slow moments of the
// machine. Its interval is the one that benchstat shows for a median, and
// assumes no distribution. If the samples have no round in common, Ratio
// returns NaN.
func Ratio[S ~[]E, E ~int64](a, b S) Estimate {
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		ratios[i] = float64(a[i]) / float64(b[i])
	}
	if len(ratios) == 0 {
		return Exact(math.NaN())
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(ratios, &benchmath.DefaultThresholds), confidence)
	return Estimate{s.Center, s.Lo, s.Hi}
}
