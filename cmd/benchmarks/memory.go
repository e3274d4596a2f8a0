package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

// flat is the goal for memory that must not grow with the number of deps.
const flat = 1.1

func invalidateMemory(ctx context.Context, b *bench) ([]table.Row, error) {
	sizes := []int{b.pick(1000, 200), b.pick(100_000, 2000)}
	bytes := make([][]int64, len(sizes))
	failed := 0
	for range b.pick(15, 1) {
		for i, n := range sizes {
			h, err := holdApart(ctx, n)
			if err != nil {
				return nil, err
			}
			bytes[i] = append(bytes[i], h.Bytes)
			failed += h.Failed
		}
	}
	name := func(i int) string {
		return fmt.Sprintf("`InvalidateMany`, %d deps: %s on the heap", sizes[i], mebibytes(median(bytes[i])))
	}
	return []table.Row{
		{
			What:       fmt.Sprintf("`InvalidateMany`, %d deps: %d failures", sizes[1], failed),
			Against:    "none",
			Result:     stats.Exact(float64(failed)),
			Difference: true,
			Goal:       table.AtMost(0),
		},
		{
			What:    name(1),
			Against: name(0),
			Result:  stats.Ratio(bytes[1], bytes[0]),
			Goal:    table.AtMost(flat),
		},
	}, nil
}

// holdApart measures in a new process. In this one, the requests of earlier
// measurements stay on the heap until their fill windows have passed.
func holdApart(ctx context.Context, n int) (held, error) {
	program, err := os.Executable()
	if err != nil {
		return held{}, fmt.Errorf("find this program: %w", err)
	}
	out, err := exec.CommandContext(ctx, program, "-hold", strconv.Itoa(n)).Output() //nolint:gosec // this program
	if err != nil {
		return held{}, fmt.Errorf("invalidate %d deps in a new process: %w", n, err)
	}
	var h held
	if err := json.Unmarshal(out, &h); err != nil {
		return held{}, fmt.Errorf("read the memory of %d deps: %w", n, err)
	}
	return h, nil
}

func median(values []int64) int64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

func mebibytes(n int64) string { return fmt.Sprintf("%.3g MiB", float64(n)/(1<<20)) }
