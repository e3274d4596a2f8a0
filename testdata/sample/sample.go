// Package sample contains generated code for tests. Every client must send its
// deps in the same form.
package sample

//go:generate go run github.com/depgen/depgen/cmd/depgen

// Shelf is an id type of the generated package itself.
type Shelf uint8
