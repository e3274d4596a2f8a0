// Package editor tests the JSON Schema of deps.yaml in the language server that
// editors run. The server decides which line a mistake is marked at, and which
// keywords of the schema give it a message. The package has no code but its
// tests.
package editor
