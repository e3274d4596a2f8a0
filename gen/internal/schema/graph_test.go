package schema

import (
	"fmt"
	"strings"
	"testing"
)

// Each relation is a call in generated code. One bound applies to all calls.
func TestReachIsBounded(t *testing.T) {
	t.Parallel()
	const ok = ""
	const row = "{NEXT: [$a, $b]}"
	const same, swapped = row + ", {NEXT: [$a, $a]}", row + ", {NEXT: [$b, $a]}"
	tests := []struct {
		name, key, relations string
		kinds                int
		want                 string // the only problem
	}{
		{"a row", "part_of", row, maxReach, ok},
		{"a row too long", "part_of", row, maxReach + 1, "k0"},
		{"a ladder", "grouped_by", same, 9, ok}, // 2^9 - 1 calls
		{"a ladder too high", "grouped_by", same, 10, "k0"},
		{"a ladder much too high", "grouped_by", same, 100, "k90"},
		{"arguments that swap", "part_of", swapped, 100, "k90"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := ok
			if tt.want != ok {
				want = fmt.Sprintf("kind %q: its relations lead to more than 1000 deps; remove some", tt.want)
			}
			if got := problem(t, ladder(tt.kinds, tt.key, tt.relations)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// Calls count together, through either relation and through kinds between.
func TestReachOverBothRelations(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: 1\nkinds:\n  a0: {id: int}\n")
	for i := range 12 {
		fmt.Fprintf(&b, "  b%d: {id: int, grouped_by: [{a%d: $id}]}\n  c%[1]d: {id: int, part_of: [{a%[2]d: $id}]}\n", i, i)
		fmt.Fprintf(&b, "  a%d: {id: int, part_of: [{b%d: $id}], grouped_by: [{c%[2]d: $id}]}\n", i+1, i)
	}
	const want = `kind "a8": its relations lead to more than 1000 deps; remove some`
	if got := problem(t, b.String()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A cycle over many kinds is one line that can be read.
func TestLongCyclesAreShortened(t *testing.T) {
	t.Parallel()
	cycle := func(n int) string {
		var b strings.Builder
		b.WriteString("version: 1\nkinds:\n")
		for i := range n {
			fmt.Fprintf(&b, "  k%d: {id: int, part_of: [{k%d: $id}]}\n", i, (i+1)%n)
		}
		return b.String()
	}
	tests := []struct {
		kinds int
		want  string
	}{
		{8, `kind "k7": part_of cycle: k0 -> k1 -> k2 -> k3 -> k4 -> k5 -> k6 -> k7 -> k0; remove one of these relations`},
		{20_000, `kind "k19999": part_of cycle: k0 -> k1 -> k2 -> k3 -> … (19993 more) -> k19997 -> k19998 -> k19999 -> k0; ` +
			`remove one of these relations`},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.kinds), func(t *testing.T) {
			t.Parallel()
			if got := problem(t, cycle(tt.kinds)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// problem returns the message of a schema's problem, if it has one.
func problem(t *testing.T, src string) string {
	t.Helper()
	_, problems := Parse("deps.yaml", []byte(src))
	switch len(problems) {
	case 0:
		return ""
	case 1:
	default:
		t.Fatalf("want one problem, got %v", problems)
	}
	return problems[0].Msg
}

// ladder returns a schema of n kinds in a row, each with relations to the NEXT
// under key.
func ladder(n int, key, relations string) string {
	var b strings.Builder
	b.WriteString("version: 1\nkinds:\n")
	for i := range n {
		fmt.Fprintf(&b, "  k%d:\n    id: [{a: int}, {b: int}]\n", i)
		if i+1 < n {
			fmt.Fprintf(&b, "    %s: [%s]\n", key, strings.ReplaceAll(relations, "NEXT", fmt.Sprintf("k%d", i+1)))
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
			_, problems := Parse("deps.yaml", []byte(schema(tt.n))) // always an error, because the values are equal
			if got := strings.Contains(problems.Error(), "aliases stand for more than"); got != tt.want {
				t.Errorf("refused: %t, want %t", got, tt.want)
			}
		})
	}
}
