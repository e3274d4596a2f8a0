package main

import (
	"os"
	"regexp"
)

// builtToRun matches an executable that the go command has built to run it, in
// its cache or in a temporary folder.
var builtToRun = regexp.MustCompile(`[/\\](go-build\d+[/\\]b\d+[/\\]exe|[0-9a-f]{2}[/\\][0-9a-f]{64}-d)[/\\][^/\\]+$`)

// invocation matches depgen in a text where it is called.
var invocation = regexp.MustCompile(`(?m)^( +)depgen$|\b(?:go tool )?depgen( (?:--|(?:help|generate|check|init|jsonschema|gateway|completion)\b))`)

// inWords returns a help text with depgen as the user calls it.
func inWords(text string) string {
	if program() == "depgen" {
		return text
	}
	return invocation.ReplaceAllString(text, "${1}"+program()+"${2}")
}

// program returns the command that the user runs depgen with. Messages that
// name a command begin with it.
func program() string {
	if path, err := os.Executable(); err == nil && builtToRun.MatchString(path) {
		return "go tool depgen"
	}
	return "depgen"
}
