package stats_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
)

func TestSample(t *testing.T) {
	t.Parallel()
	hundred := make(stats.Sample, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	tests := []struct {
		name               string
		sample             stats.Sample
		median, least, p99 time.Duration
	}{
		{"empty", nil, 0, 0, 0},
		{"one", stats.Sample{7}, 7, 7, 7},
		{"odd, unsorted", stats.Sample{9, 1, 5}, 5, 1, 9},
		{"even", stats.Sample{10, 2, 4, 8}, 6, 2, 10},
		{"hundred", hundred, 50, 1, 99},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := append(stats.Sample(nil), tt.sample...)
			if got := tt.sample.Median(); got != tt.median {
				t.Errorf("median %d, want %d", got, tt.median)
			}
			if got := tt.sample.Least(); got != tt.least {
				t.Errorf("least %d, want %d", got, tt.least)
			}
			if got := tt.sample.Quantile(0.99); got != tt.p99 {
				t.Errorf("99th percentile %d, want %d", got, tt.p99)
			}
			if !reflect.DeepEqual(tt.sample, before) {
				t.Errorf("the sample was changed: %v", tt.sample)
			}
		})
	}
}

func TestInterleave(t *testing.T) {
	t.Parallel()
	var order []string
	measure := func(name string, took time.Duration) stats.Measure {
		return func(context.Context) (time.Duration, error) {
			order = append(order, name)
			took++
			return took, nil
		}
	}
	got, err := stats.Interleave(t.Context(), 2, measure("a", 10), measure("b", 20))
	if err != nil {
		t.Fatal(err)
	}
	if want := []stats.Sample{{12, 13}, {22, 23}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v without the first round", got, want)
	}
	for round := range slices.Chunk(order, 2) {
		if slices.Sort(round); !slices.Equal(round, []string{"a", "b"}) {
			t.Errorf("a round of %v, want each once", round)
		}
	}
}

func TestInterleaveEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	calls := 0
	_, err := stats.Interleave(t.Context(), 5, func(context.Context) (time.Duration, error) {
		calls++
		return 0, broken
	})
	if !errors.Is(err, broken) || calls != 1 {
		t.Errorf("%d calls and error %v, want 1 call and %v", calls, err, broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = stats.Interleave(ctx, 5, func(context.Context) (time.Duration, error) {
		cancel()
		return 1, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after the context's end, want %v", err, context.Canceled)
	}
}
