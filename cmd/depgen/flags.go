package main

import "github.com/spf13/cobra"

// flagValue is pflag.Value.
type flagValue interface {
	String() string
	Set(text string) error
	Type() string
}

// typed is a flag's value under another name than that of its Go type.
type typed struct {
	flagValue
	name string
}

func (t typed) Type() string { return t.name }

// nameValue sets what a flag's help calls its value. Backquotes in the flag's description
// would do that too, but are shown as they are when a shell completes flags.
func nameValue(cmd *cobra.Command, flag, name string) {
	f := cmd.Flag(flag)
	f.Value = typed{f.Value, name}
}
