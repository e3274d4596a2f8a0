package main

import (
	"strconv"

	"github.com/depgen/depgen/gen"
)

// shown returns a path for a message. It quotes a path that a terminal would
// not show as it is.
func shown(path string) string {
	if gen.Escape(path) != path {
		return strconv.Quote(path)
	}
	return path
}
