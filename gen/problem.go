package gen

import (
	"github.com/depgen/depgen/gen/internal/golang"
	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// A Problem is one mistake in a schema.
type Problem = schema.Problem

// Problems are all mistakes in a schema, in file order. Use errors.As to find
// them in an error.
type Problems = schema.Problems

// Escape escapes the characters that a terminal does not show, and those that
// it acts on, such as ESC and characters that change the direction of text.
func Escape(text string) string { return schema.Escape(text) }

// IsGenerated reports whether depgen wrote a Go file.
func IsGenerated(content []byte) bool { return golang.IsGenerated(content) }

// CheckPackage returns an error if name can't name a generated package.
func CheckPackage(name string) error { return schema.CheckPackage(name) }

// Folder describes the Go files of a folder other than the generated one.
type Folder = gotypes.Folder

// ReadFolder reads the Go files in dir. The generated file is called out.
func ReadFolder(dir, out string) (*Folder, error) { return gotypes.ReadFolder(dir, out) }
