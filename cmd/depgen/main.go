// Command depgen generates typed Go functions that tag LLM requests with the
// data that they read, and invalidate the cached answers. It reads the kinds of
// data from a schema.
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

// collectRarely trades memory for time in a command that ends soon, because
// freeing memory would not pay off. A gateway runs for a long time, so it does
// not call collectRarely.
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
