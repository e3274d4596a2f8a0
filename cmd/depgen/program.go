package main

import (
	"os"
	"regexp"
)

// builtToRun matches an executable that the go command has built to run it, in
// its cache or in a temporary folder.
var builtToRun = regexp.MustCompile(`[/\\](go-build\d+[/\\]b\d+[/\\]exe|[0-9a-f]{2}[/\\][0-9a-f]{64}-d)[/\\][^/\\]+$`)

// invocation matches depgen in a text where it is called.
var invocation = regexp.MustCompile(`(?m)\bdepgen( (--|help|generate|check|init|jsonschema|gateway|completion)|$)`)

// inWords returns a help text with depgen as the user calls it.
func inWords(text string) string { return invocation.ReplaceAllString(text, program()+"$1") }

// program returns the command that the user runs depgen with. Messages that
// name a command begin with it.
func program() string {
	if path, err := os.Executable(); err == nil && builtToRun.MatchString(path) {
		return "go tool depgen"
	}
	return "depgen"
}
