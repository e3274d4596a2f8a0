// Package deps names the data that cached answers of the contract desk depend
// on. depgen generates the rest of the package from deps.yaml.
package deps

//go:generate go tool depgen
