// Package deps names the data that the guide's answers depend on.
package deps

//go:generate go tool depgen
