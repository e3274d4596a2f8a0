package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

const checkLong = `Compare the Go file with what the schema yields, and write nothing.

If they are the same, depgen check prints nothing and exits 0. If they differ, or
the file is missing, it prints the difference as a unified diff and exits 1.`

const checkExample = `  # In CI
  go tool depgen check

  # With the flags that the file was generated with
  depgen check --schema deps.yaml --out internal/deps/deps_gen.go`

func newCheckCommand() *cobra.Command {
	var g generation
	cmd := &cobra.Command{
		Use:               "check",
		Short:             "Tell whether the Go file is what the schema yields",
		Long:              checkLong,
		Example:           checkExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			want, err := g.generate(cmd.Context())
			if err != nil {
				return err
			}
			return g.compare(cmd.OutOrStdout(), want)
		},
	}
	g.addFlags(cmd)
	return cmd
}

// compare prints how the file differs from want, and returns an error if it does.
func (g *generation) compare(w io.Writer, want []byte) error {
	oldName, drift := g.out, foundf("%s is not what %s yields: run depgen generate", g.out, g.schema)
	got, err := os.ReadFile(g.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		oldName, drift = os.DevNull, foundf("%s is missing: run depgen generate", g.out)
	case err != nil:
		return fmt.Errorf("read generated file: %w", err)
	case bytes.Equal(got, want):
		return nil
	}
	if _, err := w.Write(diff.Diff(oldName, got, fmt.Sprintf("%s (from %s)", g.out, g.schema), want)); err != nil {
		return fmt.Errorf("print difference: %w", err)
	}
	return drift
}
