package gen_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen"
)

// manyKinds returns a schema of n kinds that uses every key, in the proportions
// of a real one.
func manyKinds(n int) []byte {
	var b strings.Builder
	b.WriteString("version: 1\npackage: deps\nkinds:\n  table:\n    values: [rows]\n  owner:\n    id: uuid\n")
	for i := 2; i < n; i++ {
		fmt.Fprintf(&b, "  kind_%d:\n    description: Row %d of a table.\n", i, i)
		if i%2 == 0 {
			b.WriteString("    id:\n      - owner: uuid\n      - number: int64\n    grouped_by:\n      - owner: $owner\n")
		} else {
			fmt.Fprintf(&b, "    id: {type: string, named: ID%d}\n    versioned: int64\n", i)
		}
		b.WriteString("    part_of:\n      - table: rows\n")
	}
	return []byte(b.String())
}

func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{3, 1000, 10_000} {
		b.Run(fmt.Sprintf("kinds=%d", n), func(b *testing.B) {
			src, out := manyKinds(n), filepath.Join(b.TempDir(), "deps_gen.go")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := gen.Generate(b.Context(), gen.Options{Schema: "deps.yaml", Source: src, Out: out}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
