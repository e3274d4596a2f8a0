package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/depgen/depgen/gen"
)

// The exit codes, as depgen --help explains them.
const (
	exitOK      = 0
	exitFound   = 1 // the schema or the files are wrong
	exitTrouble = 2 // depgen could not do its task
)

// usagef returns an error about the use of a command, which leads to its help.
func usagef(cmd *cobra.Command, format string, args ...any) error {
	return fmt.Errorf("%w; see %q", fmt.Errorf(format, args...), cmd.CommandPath()+" --help")
}

// foundError reports a result that the user asked for, such as a difference
// found by depgen check, rather than a failure to find it.
type foundError struct{ msg string }

func (e *foundError) Error() string { return e.msg }

func foundf(format string, args ...any) error {
	return &foundError{fmt.Sprintf(format, args...)}
}

// report prints err, if not nil, and returns its exit code.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var problems gen.Problems
	if errors.As(err, &problems) {
		printProblems(stderr, problems)
		return exitFound
	}
	fmt.Fprintln(stderr, "depgen:", gen.Escape(err.Error()))
	var found *foundError
	if errors.As(err, &found) {
		return exitFound
	}
	var interrupted *interruption
	if errors.As(err, &interrupted) {
		return interrupted.exitCode()
	}
	return exitTrouble
}

// maxProblems limits the printed problems. Users fix fewer before the next run.
const maxProblems = 100

func printProblems(stderr io.Writer, problems gen.Problems) {
	for _, p := range problems[:min(len(problems), maxProblems)] {
		// Each line starts with a position for editors to find, so it has
		// no prefix.
		fmt.Fprintf(stderr, "%s:%d:%d: %s\n", shown(p.Pos.Filename), p.Pos.Line, p.Pos.Column, p.Msg)
	}
	switch more := len(problems) - maxProblems; {
	case more == 1:
		fmt.Fprintln(stderr, "depgen: 1 more problem is not shown; fix those above first")
	case more > 1:
		fmt.Fprintf(stderr, "depgen: %d more problems are not shown; fix those above first\n", more)
	}
}
