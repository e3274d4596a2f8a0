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

	"github.com/depgen/depgen/gen"
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
			outputs, err := g.generate(cmd.Context())
			if err != nil {
				return err
			}
			return compare(cmd.OutOrStdout(), outputs, g.schema, generateCommand(cmd))
		},
	}
	g.addFlags(cmd)
	return cmd
}

// compare prints how the files differ from the outputs, and returns an error if
// one does. The error names the command that fixes the difference.
func compare(w io.Writer, outputs []gen.Output, schema, command string) error {
	files, err := findOutputs(outputs)
	if err != nil {
		return err
	}
	var drift error
	for i, want := range outputs {
		got, path := files[i], shown(want.Path)
		if !got.missing && bytes.Equal(got.content, want.Content) {
			continue
		}
		oldName, found := path, foundf("%s is not what %s yields; run %s", path, shown(schema), command)
		if got.missing {
			oldName, found = os.DevNull, foundf("%s is missing; run %s", path, command)
		}
		if drift == nil {
			drift = found
		}
		if _, err := w.Write(diff.Diff(oldName, got.content, fmt.Sprintf("%s (from %s)", path, shown(schema)), want.Content)); err != nil {
			return fmt.Errorf("print difference: %w", err)
		}
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
