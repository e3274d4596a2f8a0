package main

import (
	"os"
	"strings"
)

// goPackage returns the package that go generate runs in, if the file goes into
// its folder, dir. A directive in an external test names that test's package,
// not the folder's.
func goPackage(dir string) string {
	name := os.Getenv("GOPACKAGE")
	if strings.HasSuffix(name, "_test") || !isWorkingDirectory(dir) {
		return ""
	}
	return name
}

// isWorkingDirectory reports whether dir is the working directory, where
// go generate runs.
func isWorkingDirectory(dir string) bool {
	want, err1 := os.Stat(".")
	got, err2 := os.Stat(dir)
	return err1 == nil && err2 == nil && os.SameFile(want, got)
}
