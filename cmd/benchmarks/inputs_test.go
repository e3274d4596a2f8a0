package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen"
)

// The inputs are as large as the table claims.
func TestInputs(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 50} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			out, err := gen.Generate(t.Context(), gen.Options{Schema: "deps.yaml", Source: []byte(kinds(n)), Out: filepath.Join(t.TempDir(), "deps_gen.go")})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(out[0].Content), "\nfunc Dep"); got != n {
				t.Errorf("%d kinds, want %d", got, n)
			}
			sql := tables(n)
			if got := strings.Count(sql["schema.sql"], "CREATE TABLE"); got != n {
				t.Errorf("%d tables, want %d", got, n)
			}
			if got := strings.Count(sql["queries.sql"], "-- name:"); got != 2*n {
				t.Errorf("%d queries, want %d", got, 2*n)
			}
			if got := strings.Count(constants(n)["color.go"], " Color = "); got != n {
				t.Errorf("%d constants, want %d", got, n)
			}
		})
	}
}
