package main

import "github.com/spf13/cobra"

// flagValue is pflag.Value.
type flagValue interface {
	String() string
	Set(text string) error
	Type() string
}

// typed is a flag's value with another name for its type.
type typed struct {
	flagValue
	name string
}

func (t typed) Type() string { return t.name }

// nameValue sets the name of a flag's value in the help. pflag also reads it
// from backquotes in the flag's description, but shell completion shows
// those backquotes.
func nameValue(cmd *cobra.Command, flag, name string) {
	f := cmd.Flag(flag)
	f.Value = typed{f.Value, name}
}
