package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// flagValue is pflag.Value.
type flagValue interface {
	String() string
	Set(text string) error
	Type() string
}

// typed is a flag's value with another name for its type. It refuses a second
// value, which would replace the first in silence.
type typed struct {
	flagValue
	name string
	set  bool
}

func (t *typed) Type() string { return t.name }

func (t *typed) Set(text string) error {
	if t.set {
		return errors.New("flag is given twice; run the command once for each value")
	}
	t.set = true
	return t.flagValue.Set(text)
}

// nameValue sets the name of a flag's value in the help. pflag also reads it
// from backquotes in the flag's description, but shell completion shows
// those backquotes.
func nameValue(cmd *cobra.Command, flag, name string) {
	f := cmd.Flag(flag)
	f.Value = &typed{flagValue: f.Value, name: name}
}
