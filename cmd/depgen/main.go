// Command depgen turns a schema of what cached LLM answers depend on into
// typed Go helpers that tag requests and invalidate answers.
//
// Run depgen --help for its commands and exit codes.
package main

import (
	"context"
	"os"
	"runtime/debug"
)

func main() {
	os.Exit(run(interruptible(context.Background()), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// collectRarely trades memory for time, in a command that ends soon: memory
// that it would free is better left alone. A gateway runs for long, and is not
// to do so.
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
