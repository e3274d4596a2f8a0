package schema

import (
	"fmt"
	"strings"
	"testing"
)

// In a row of kinds with two relations each, the paths are many, but the deps are few.
func TestManyPathsFewDeps(t *testing.T) {
	t.Parallel()
	if _, err := Parse("deps.yaml", []byte(ladder(50, "{k%d: [$a, $a]}, {k%d: [$b, $b]}")), nil); err != nil {
		t.Error(err)
	}
}

// Swapped arguments make other deps at each step; there is an end to what a kind may lead to.
func TestReachIsBounded(t *testing.T) {
	t.Parallel()
	_, err := Parse("deps.yaml", []byte(ladder(maxReach, "{k%d: [$a, $b]}, {k%d: [$b, $a]}")), nil)
	if err == nil || !strings.Contains(err.Error(), "its relations lead to more than 1000 deps; remove some") {
		t.Errorf("got %v", err)
	}
}

// ladder is a schema of n kinds in a row; the first one also has a group of its own, so that its relations are followed.
func ladder(n int, relations string) string {
	var b strings.Builder
	b.WriteString("version: 1\nkinds:\n  group: {values: [all]}\n")
	for i := range n {
		fmt.Fprintf(&b, "  k%d:\n    id: [{a: int}, {b: int}]\n", i)
		if i+1 < n {
			fmt.Fprintf(&b, "    part_of: ["+relations+"]\n", i+1, i+1)
		}
		if i == 0 {
			b.WriteString("    grouped_by: [{group: all}]\n")
		}
	}
	return b.String()
}

func TestAliasesUpToTheBound(t *testing.T) {
	t.Parallel()
	schema := func(n int) string { // n aliases for a list of 100 nodes
		var b strings.Builder
		b.WriteString("version: 1\nkinds:\n  k: {values: &v [" + strings.Repeat("x,", 98) + "x]}\n")
		for i := range n {
			fmt.Fprintf(&b, "  k%d: {values: *v}\n", i)
		}
		return b.String()
	}
	const most = maxAliased / 100
	tests := []struct {
		name string
		n    int
		want bool
	}{{"most", most, false}, {"too many", most + 1, true}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("deps.yaml", []byte(schema(tt.n)), nil) // an error in any case, for the values are equal
			if got := strings.Contains(err.Error(), "aliases stand for more than"); got != tt.want {
				t.Errorf("refused: %t, want %t", got, tt.want)
			}
		})
	}
}
