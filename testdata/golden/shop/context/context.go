// Package context has the name of a package that every generated file imports.
package context

type Key string
