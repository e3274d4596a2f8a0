// Package editor tests the JSON Schema of deps.yaml in the language server that
// editors run. The server decides which line it marks for a mistake, and which
// keywords of the schema set its message. The package contains only tests.
package editor
