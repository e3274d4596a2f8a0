package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/depgen/depgen/gen"
)

// defaultPackage returns the name of the package for a Go file at path out, if
// the schema has no key package. It is the package of the other Go files in the
// folder, else $GOPACKAGE as set by go generate, else the package of the
// existing generated file, else the folder's name.
func defaultPackage(out, gopackage string) (string, error) {
	dir := filepath.Dir(out)
	folder, err := gen.ReadFolder(dir, filepath.Base(out))
	if err != nil {
		return "", err
	}
	// A directive in an external test names that test's package, not
	// the folder's.
	if strings.HasSuffix(gopackage, "_test") || !isWorkingDirectory(dir) {
		gopackage = ""
	}
	switch found := folder.Packages; {
	case len(found) > 1:
		return "", fmt.Errorf("folder %s contains the packages %s (%s) and %s (%s), and Go allows one; move one of them to another folder",
			dir, found[0].Package, found[0].File, found[1].Package, found[1].File)
	case len(found) == 1 && found[0].Package == "main":
		return "", fmt.Errorf("folder %s contains package main (%s), which cannot be imported; "+
			"generate into a folder of its own with --out", dir, found[0].File)
	case len(found) == 1:
		return found[0].Package, nil
	case gopackage == "main":
		return "", errors.New("$GOPACKAGE is main, a package that cannot be imported; " +
			"generate into a folder of its own with --out, or pass --package")
	case gopackage != "":
		return gopackage, nil
	case folder.Generated != "":
		return folder.Generated, nil
	}
	return folderName(dir)
}

// isWorkingDirectory reports whether dir is the working directory. go generate
// runs in the folder of the package that $GOPACKAGE names.
func isWorkingDirectory(dir string) bool {
	want, err1 := os.Stat(".")
	got, err2 := os.Stat(dir)
	return err1 == nil && err2 == nil && os.SameFile(want, got)
}

// folderName derives a package name from the folder's: "go-deps"
// becomes "godeps".
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
	if gen.CheckPackage(name) != nil {
		return "", fmt.Errorf("folder name %q makes no package name; pass --package", base)
	}
	return name, nil
}
