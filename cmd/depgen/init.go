package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/depgen/depgen/templates"
)

const initLong = `Write a starter schema with three kinds: a table, a document and a user. Comments
explain each line. An existing file is never overwritten.`

const initExample = `  # Write deps.yaml, adapt it to your data, and generate
  depgen init
  depgen generate

  # Write the schema to another folder
  depgen init --schema internal/deps/deps.yaml`

func newInitCommand() *cobra.Command {
	var schema string
	cmd := &cobra.Command{
		Use:               "init",
		Short:             "Write a starter schema",
		Long:              initLong,
		Example:           initExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if schema == "" {
				return errNoSchema
			}
			if err := checkFolder(filepath.Dir(schema)); err != nil {
				return err
			}
			return createFile(schema, templates.Schema)
		},
	}
	cmd.Flags().StringVar(&schema, "schema", "deps.yaml", "schema to write; its folder must exist")
	nameValue(cmd, "schema", "file")
	return cmd
}

// createFile writes a new file. It refuses an existing one.
func createFile(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
	switch {
	case errors.Is(err, fs.ErrExist):
		return foundf("%s exists and is left as it is; edit it, or name another file with --schema", shown(path))
	case err != nil:
		return fmt.Errorf("create schema: %w", err)
	}
	_, err = io.WriteString(f, content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(path) // half a schema would block the next attempt
		return fmt.Errorf("write schema: %w", err)
	}
	return nil
}
