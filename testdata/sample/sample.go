// Package sample is generated code to call in tests: what its deps are on the wire is what every client must send.
package sample

//go:generate go run github.com/depgen/depgen/cmd/depgen

// Shelf is an id type of the generated package itself.
type Shelf uint8
