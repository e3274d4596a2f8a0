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

// typed is a flag's value with another name for its type.
type typed struct {
	flagValue
	name string
}

func (t typed) Type() string { return t.name }

// once is a flag's value that cannot be given twice. The second value would
// replace the first in silence.
type once struct {
	flagValue
	set bool
}

func (o *once) Set(text string) error {
	if o.set {
		return errors.New("flag is given twice; run the command once for each value")
	}
	o.set = true
	return o.flagValue.Set(text)
}

// nameValue sets the name of a flag's value in the help. pflag also reads it
// from backquotes in the flag's description, but shell completion shows
// those backquotes.
func nameValue(cmd *cobra.Command, flag, name string) {
	f := cmd.Flag(flag)
	f.Value = typed{f.Value, name}
}
