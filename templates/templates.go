// Package templates holds the texts that depgen hands out as they are.
package templates

import _ "embed" // fills the variables below

// Schema is the starter schema that depgen init writes.
//
//go:embed deps.yaml
var Schema string

// JSONSchema describes the form of a schema to editors, as JSON Schema of draft
// 2020-12. It accepts whatever depgen accepts, and knows keys, types and patterns
// but not what only the whole file shows, such as whether a kind exists.
//
//go:embed deps.schema.json
var JSONSchema string
