// Package vector compares embeddings.
package vector

import (
	"errors"
	"math"
)

// Unit returns the vector of length 1 that has the direction of v. It returns
// an error if v has no direction.
func Unit(v []float32) ([]float32, error) {
	sum := 0.0
	for _, n := range v {
		sum += float64(n) * float64(n)
	}
	switch {
	case len(v) == 0:
		return nil, errors.New("the embedding is empty")
	case math.IsNaN(sum) || math.IsInf(sum, 0):
		return nil, errors.New("the embedding has a number that is NaN or infinite")
	case sum == 0:
		return nil, errors.New("all numbers of the embedding are zero")
	}
	unit := make([]float32, len(v))
	for i, n := range v {
		unit[i] = float32(float64(n) / math.Sqrt(sum))
	}
	return unit, nil
}

// Epsilon is the error that a similarity of unit vectors can have. A threshold
// is reached if no more than this is missing.
const Epsilon = 1e-6

// Dot returns the similarity of two unit vectors of the same size, which is
// their cosine. Eight sums let the processor add in parallel.
func Dot(a, b []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		s4 += a[4] * b[4]
		s5 += a[5] * b[5]
		s6 += a[6] * b[6]
		s7 += a[7] * b[7]
		a, b = a[8:], b[8:]
	}
	for i := range min(len(a), len(b)) {
		s0 += a[i] * b[i]
	}
	return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
}
