package gen

import "github.com/depgen/depgen/gen/internal/schema"

// A Problem is one mistake in a schema: a Msg, and a Pos of type
// [token.Position], whose column counts characters. Its Error is
// "path:line:column: message".
//
// [token.Position]: https://pkg.go.dev/go/token#Position
type Problem = schema.Problem

// Problems is a list of *[Problem], in file order. Its Error has one line for
// each. Use errors.As to find it in an error.
type Problems = schema.Problems

// Escape escapes the characters that a terminal does not show, and those that
// it acts on, such as ESC and characters that change the direction of text.
func Escape(text string) string { return schema.Escape(text) }
