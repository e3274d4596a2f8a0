// Package golang writes a checked schema as Go.
package golang

import (
	"errors"

	"github.com/depgen/depgen/gen/schema"
)

// Emit returns the Go file for a schema, in package pkg. The schema's name stands in the header.
func Emit(f *schema.File, pkg, schemaName string) ([]byte, error) {
	return nil, errors.New("not built yet")
}
