// Package genkit runs the conformance suite over Genkit's OpenAI-compatible
// plugin. It is a module of its own, outside the workspace: see go.mod.
package genkit
