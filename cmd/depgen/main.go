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
	if os.Getenv("GOGC") == "" {
		// The process is short: memory that it would free is better left alone.
		debug.SetGCPercent(400)
	}
	os.Exit(run(interruptible(context.Background()), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
