// Package model contains the id types of the sample's application.
package model

import (
	"errors"
	"strconv"
)

// SKU has the underlying type string.
type SKU string

// Money becomes text by a method that can fail.
type Money struct{ Cents int64 }

// ErrDebt is the error for an amount without a text.
var ErrDebt = errors.New("negative amount")

// MarshalText returns the cents, or ErrDebt.
func (m *Money) MarshalText() ([]byte, error) {
	if m.Cents < 0 {
		return nil, ErrDebt
	}
	return strconv.AppendInt(nil, m.Cents, 10), nil
}

// Place becomes text by a method that can't fail.
type Place struct{ X, Y int }

// String returns both coordinates.
func (p Place) String() string { return strconv.Itoa(p.X) + "," + strconv.Itoa(p.Y) }

// Label panics in String if Text is nil.
type Label struct{ Text *string }

// String returns the text.
func (l Label) String() string { return *l.Text }

// Code panics in MarshalText if Text is nil.
type Code struct{ Text *string }

// MarshalText returns the text.
func (c Code) MarshalText() ([]byte, error) { return []byte(*c.Text), nil }
