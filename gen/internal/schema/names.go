package schema

import (
	"errors"
	"fmt"
	"go/token"
	"strings"
)

const maxName = 64

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// validName reports whether s can name a kind or a part.
func validName(s string) bool {
	for i, r := range s {
		if !isLower(r) && (i == 0 || !isDigit(r) && r != '_') {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// CheckPackage returns an error if name can't name a generated package.
func CheckPackage(name string) error {
	switch {
	case name == "main":
		return errors.New("package main can't be imported; generate into a package of its own")
	case name == "documentation":
		return errors.New("package documentation is ignored by the go command; write another name")
	case name == "init":
		return errors.New("package init can't be imported, because Go keeps that name for functions; write another name")
	case token.IsKeyword(name):
		return fmt.Errorf("package %q is a Go keyword; write another name", name)
	case name == "_" || !token.IsIdentifier(name) || strings.ContainsFunc(name, Hidden):
		return fmt.Errorf("package %q is not a Go identifier; write one like deps", name)
	}
	return nil
}
