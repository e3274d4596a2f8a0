package golang

import (
	"bytes"
	"strings"
)

var (
	importBlock = []byte("\nimport (\n")
	blockEnd    = []byte("\n)\n")
)

// groupImports puts the imports of the standard library first in the import
// block of a formatted file, with a blank line after them. Jennifer sorts all
// imports together.
//
//	import (
//		"context"
//
//		"github.com/depgen/depgen/runtime/cachecore"
//	)
func groupImports(code []byte) []byte {
	before, rest, found := bytes.Cut(code, importBlock)
	block, after, closed := bytes.Cut(rest, blockEnd)
	if !found || !closed {
		return code
	}
	var standard, others []string
	for line := range strings.SplitSeq(string(block), "\n") {
		if isStandard(line) {
			standard = append(standard, line)
		} else {
			others = append(others, line)
		}
	}
	groups := strings.Join(standard, "\n") + "\n\n" + strings.Join(others, "\n")
	return bytes.Join([][]byte{before, importBlock, []byte(groups), blockEnd, after}, nil)
}

// isStandard reports whether an import is of the standard library, by the rule
// of goimports: the first element of its path has no dot.
func isStandard(line string) bool {
	_, path, _ := strings.Cut(line, `"`)
	first, _, _ := strings.Cut(strings.TrimSuffix(path, `"`), "/")
	return !strings.Contains(first, ".")
}
