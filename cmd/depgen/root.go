package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `depgen reads a schema that lists every kind of data a cached LLM answer can depend
on. It writes one Go file, with functions to declare, record and invalidate each kind.

Without a command, it runs generate, so one line in any Go file is enough:

  //go:generate go tool depgen

Exit codes:
  0  success
  1  the schema has problems, check found a difference, or depgen refused to
     overwrite a file that it did not write
  2  wrong usage, a file or folder that is missing or cannot be read or written, or
     a go command that cannot load the schema's Go types
  130, 143
     interrupted by SIGINT or SIGTERM; the Go file is unchanged`

const rootExample = `  # Start a schema, then generate deps_gen.go from it
  depgen init
  depgen

  # In CI: fail if deps_gen.go is not up to date
  depgen check`

// run executes one command line and returns the process's exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &output{Writer: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if out.err != nil {
		err = fmt.Errorf("print: %w", out.err)
	}
	return report(stderr, err)
}

// output remembers the first failed write. cobra ignores it for a help text,
// and for a version it looks like wrong usage.
type output struct {
	io.Writer
	err error // the first error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

func newRootCommand() *cobra.Command {
	root := newGenerateCommand()
	root.Use = "depgen"
	root.Short = "Generate typed cache dependencies from a schema"
	root.Long = rootLong
	root.Example = rootExample
	root.Version = version()
	root.Args = noUnknownCommand
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SuggestionsMinimumDistance = 2
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: program()}
	root.SetVersionTemplate("depgen version {{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usagef(cmd, "%w", err) })
	root.AddCommand(
		newGenerateCommand(),
		newCheckCommand(),
		newInitCommand(),
		newJSONSchemaCommand(),
		newGatewayCommand(),
		newCompletionCommand(),
	)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = noUnknownTopic
		help.Example = "  depgen help check"
	}
	prepare(root)
	return root
}

// prepare completes a command and its subcommands.
func prepare(cmd *cobra.Command) {
	cmd.Long, cmd.Example = inWords(cmd.Long), inWords(cmd.Example)
	for _, flag := range []string{"package", "addr", "upstream", "jwt-secret", "cache-bytes", "similar-model", "similar-threshold", "tenant", "ttl"} {
		if cmd.Flag(flag) != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag, cobra.NoFileCompletions) // an error means that a parent has done so
		}
	}
	for _, c := range cmd.Commands() {
		prepare(c)
	}
}

// noUnknownCommand refuses arguments of the root command. Each is an unknown
// command, perhaps a misspelled one, or a schema.
func noUnknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if ext := filepath.Ext(args[0]); ext == ".yaml" || ext == ".yml" {
		return usagef(cmd, "unknown command %q; the schema is named with --schema", args[0])
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		slices.Sort(near)
		return usagef(cmd, "unknown command %q (did you mean %q?)", args[0], near[0])
	}
	return usagef(cmd, "unknown command %q", args[0])
}

// noArguments refuses arguments of a command that accepts only flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if cmd.Flags().Lookup("schema") != nil {
		hint = "; the schema is named with --schema"
	}
	return usagef(cmd, "unexpected argument %q%s", args[0], hint)
}

// noUnknownTopic refuses commands that have no help. cobra's help command would
// print the help of depgen and exit 0.
func noUnknownTopic(cmd *cobra.Command, args []string) error {
	if _, rest, err := cmd.Root().Find(args); err != nil || len(rest) > 0 {
		return usagef(cmd.Root(), "no help for %q", strings.Join(args, " "))
	}
	return nil
}
