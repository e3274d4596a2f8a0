// Package editor tests the JSON Schema of deps.yaml in the language server that
// editors run, which has its own opinion of where a mistake is and what to call it.
// It has no code of its own.
package editor
