package main

import (
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// defaultPackage returns the name of the package that a Go file at path out
// belongs to, for a schema that does not say it: $GOPACKAGE as go generate sets
// it, else the package of the Go files in the folder, else the folder's name.
func defaultPackage(out, gopackage string) (string, error) {
	dir := filepath.Dir(out)
	name := gopackage
	// A directive in an external test names that test's package, not the folder's.
	if strings.HasSuffix(name, "_test") || !isWorkingDirectory(dir) {
		name = ""
	}
	var err error
	if name == "" {
		name, err = packageIn(dir, filepath.Base(out))
	}
	if name == "" && err == nil {
		name, err = folderName(dir)
	}
	if err != nil {
		return "", err
	}
	if name == "main" {
		return "", fmt.Errorf("folder %s holds package main, which cannot be imported: "+
			"generate into a folder of its own with --out, or pass --package", dir)
	}
	return name, nil
}

// isWorkingDirectory tells whether go generate, which runs in the folder of the
// package that it names, would be talking about dir.
func isWorkingDirectory(dir string) bool {
	want, err1 := os.Stat(".")
	got, err2 := os.Stat(dir)
	return err1 == nil && err2 == nil && os.SameFile(want, got)
}

// packageIn returns the package of the Go files in dir, or "" if there are none.
// The file called generated counts only if it is alone: it may be out of date.
func packageIn(dir, generated string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("read output folder: %w", err)
	}
	var found, foundIn, own string
	for _, e := range entries {
		name := packageClause(dir, e.Name())
		switch {
		case name == "":
		case e.Name() == generated:
			own = name
		case found == "":
			found, foundIn = name, e.Name()
		case name != found:
			return "", fmt.Errorf("folder %s holds the packages %s (%s) and %s (%s): pass --package",
				dir, found, foundIn, name, e.Name())
		}
	}
	if found == "" {
		return own, nil
	}
	return found, nil
}

// packageClause returns the package that a file declares, or "" if the file takes
// no part in the folder's package or cannot be read as Go.
func packageClause(dir, name string) string {
	if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
		return ""
	}
	// Programs that are kept beside a package carry //go:build ignore.
	if ok, err := build.Default.MatchFile(dir, name); err != nil || !ok {
		return ""
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return file.Name.Name
}

// folderName makes a package name of the folder's: "go-deps" becomes "godeps".
func folderName(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the folder's name: %w", err)
	}
	base := filepath.Base(abs)
	name := strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, base)
	name = strings.TrimLeftFunc(name, unicode.IsDigit)
	if !token.IsIdentifier(name) || name == "_" {
		return "", fmt.Errorf("folder name %q makes no package name: pass --package", base)
	}
	return name, nil
}
