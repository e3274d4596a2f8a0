package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

const checkLong = `Check whether the Go file is up to date with the schema, without writing it.

If the file is up to date, the command exits 0 without output. If the file is stale
or missing, it prints the difference as a unified diff and exits 1.`

const checkExample = `  # In CI
  depgen check

  # With the flags that the file was generated with
  depgen check --schema deps.yaml --out internal/deps/deps_gen.go`

func newCheckCommand() *cobra.Command {
	var g generation
	cmd := &cobra.Command{
		Use:               "check",
		Short:             "Check whether the Go file is up to date",
		Long:              checkLong,
		Example:           checkExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			collectRarely()
			want, err := g.generate(cmd.Context())
			if err != nil {
				return err
			}
			return g.compare(cmd.OutOrStdout(), want, generateCommand(cmd))
		},
	}
	g.addFlags(cmd)
	return cmd
}

// compare prints how the file differs from want, and returns an error if it
// does. The error names the command that fixes the difference.
func (g *generation) compare(w io.Writer, want []byte, command string) error {
	got, err := findGenerated(g.out)
	if err != nil {
		return err
	}
	out, schema := shown(g.out), shown(g.schema)
	oldName, drift := out, foundf("%s is not what %s yields; run %s", out, schema, command)
	switch {
	case got.missing:
		oldName, drift = os.DevNull, foundf("%s is missing; run %s", out, command)
	case bytes.Equal(got.content, want):
		return nil
	}
	if _, err := w.Write(diff.Diff(oldName, got.content, fmt.Sprintf("%s (from %s)", out, schema), want)); err != nil {
		return fmt.Errorf("print difference: %w", err)
	}
	return drift
}

// generateCommand returns the command line that generates the file that
// cmd checked.
func generateCommand(cmd *cobra.Command) string {
	words := []string{program() + " generate"}
	for _, name := range []string{"schema", "out", "package"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed {
			words = append(words, "--"+name, shellWord(flag.Value.String()))
		}
	}
	return strings.Join(words, " ")
}

var plainWord = regexp.MustCompile(`^[\w./@%+=:,-]+$`)

// shellWord quotes s unless a shell reads it as one word.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
