package gen

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/depgen/depgen/gen/internal/gotypes"
	"github.com/depgen/depgen/gen/internal/schema"
)

// packageName returns the generated package's name. A folder contains one
// package, so the name must match that of the other files.
func packageName(opts Options, file *schema.File, folder *gotypes.Folder) (string, error) {
	name := cmp.Or(opts.Package, file.Package)
	if name == "" {
		var err error
		if name, err = defaultPackage(folder, opts.GoPackage); err != nil {
			return "", fmt.Errorf("find the package's name: %w", err)
		}
	}
	if err := schema.CheckPackage(name); err != nil {
		return "", err
	}
	for _, other := range folder.Packages {
		if other.Package == name {
			continue
		}
		fix := "write that name"
		if schema.CheckPackage(other.Package) != nil || len(folder.Packages) > 1 {
			fix = "a folder has one package, so generate into a folder of its own"
		}
		msg := fmt.Sprintf("package %q is not that of the output folder, which contains package %s (%s); %s",
			name, other.Package, other.File, fix)
		if opts.Package == "" && file.Package != "" {
			return "", Problems{schema.Problemf(file.PackagePos, "%s", msg)}
		}
		return "", errors.New(msg)
	}
	return name, nil
}

// defaultPackage returns the name of the package if neither the options nor the
// schema sets it.
func defaultPackage(folder *gotypes.Folder, goPackage string) (string, error) {
	switch found := folder.Packages; {
	case len(found) > 1:
		return "", fmt.Errorf("folder %s contains the packages %s (%s) and %s (%s), and Go allows one; move one of them to another folder",
			folder.Dir, found[0].Package, found[0].File, found[1].Package, found[1].File)
	case len(found) == 1 && found[0].Package == "main":
		return "", fmt.Errorf("folder %s contains package main (%s), which cannot be imported; "+
			"generate into a folder of its own with --out", folder.Dir, found[0].File)
	case len(found) == 1:
		return found[0].Package, nil
	case goPackage == "main":
		return "", errors.New("$GOPACKAGE is main, a package that cannot be imported; " +
			"generate into a folder of its own with --out, or pass --package")
	case goPackage != "":
		return goPackage, nil
	case folder.Generated != "":
		return folder.Generated, nil
	}
	return folderName(folder.Dir)
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
	if schema.CheckPackage(name) != nil {
		return "", fmt.Errorf("folder name %q makes no package name; pass --package", base)
	}
	return name, nil
}
