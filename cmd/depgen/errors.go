package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/depgen/depgen/gen/schema"
)

// The exit codes, as depgen --help explains them.
const (
	exitOK      = 0
	exitFound   = 1 // the user's schema or files are not as they should be
	exitTrouble = 2 // depgen could not do what it was asked to
)

// usageError is a command line that makes no sense.
type usageError struct {
	command string // the path of the command, for the hint
	err     error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%v; see %q", e.err, e.command+" --help")
}

func (e *usageError) Unwrap() error { return e.err }

// foundError is an answer that the user asked for, such as a difference that
// depgen check found, rather than trouble in finding it.
type foundError struct{ msg string }

func (e *foundError) Error() string { return e.msg }

func foundf(format string, args ...any) error {
	return &foundError{fmt.Sprintf(format, args...)}
}

// report prints err, if there is one, and returns the exit code that stands for
// it.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var problems schema.Problems
	if errors.As(err, &problems) {
		printProblems(stderr, problems)
		return exitFound
	}
	fmt.Fprintln(stderr, "depgen:", schema.Escape(err.Error()))
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

// maxProblems limits the printed problems. It is more than users fix before the
// next run.
const maxProblems = 100

func printProblems(stderr io.Writer, problems schema.Problems) {
	for _, p := range problems[:min(len(problems), maxProblems)] {
		// Each line starts with a position, which editors look for: no prefix.
		fmt.Fprintf(stderr, "%s:%d:%d: %s\n", shown(p.File), p.Line, p.Column, p.Msg)
	}
	switch more := len(problems) - maxProblems; {
	case more == 1:
		fmt.Fprintln(stderr, "depgen: 1 more problem is not shown; fix those above first")
	case more > 1:
		fmt.Fprintf(stderr, "depgen: %d more problems are not shown; fix those above first\n", more)
	}
}
