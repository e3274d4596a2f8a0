// Package deps names what cached answers of the assistant can depend on. All else in
// it is generated from deps.yaml.
package deps

//go:generate go tool depgen
