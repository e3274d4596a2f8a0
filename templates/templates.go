// Package templates contains the texts that depgen prints or writes unchanged.
package templates

import _ "embed" // fills the variables below

// Schema is the starter schema that depgen init writes.
//
//go:embed deps.yaml
var Schema string

// JSONSchema describes the form of a schema to editors, as JSON Schema of draft
// 2020-12. It accepts every schema that depgen accepts. It checks keys, types
// and patterns, but not rules about the whole file, such as whether a kind
// exists.
//
//go:embed deps.schema.json
var JSONSchema string
