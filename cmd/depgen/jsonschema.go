package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/depgen/depgen/templates"
)

const jsonSchemaLong = `Print the JSON Schema (draft 2020-12) of deps.yaml. With it, editors complete and
explain keys, and mark mistakes of form. Only depgen itself checks that kinds,
relations and Go names fit together.`

const jsonSchemaExample = `  # For editors with the YAML language server: save it next to deps.yaml ...
  depgen jsonschema > deps.schema.json

  # ... and make this the first line of deps.yaml
  # yaml-language-server: $schema=deps.schema.json`

func newJSONSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "jsonschema",
		Short:             "Print the JSON Schema of deps.yaml, for editors",
		Long:              jsonSchemaLong,
		Example:           jsonSchemaExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := io.WriteString(cmd.OutOrStdout(), templates.JSONSchema); err != nil {
				return fmt.Errorf("print JSON Schema: %w", err)
			}
			return nil
		},
	}
}
