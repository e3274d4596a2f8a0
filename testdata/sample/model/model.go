// Package model is where the sample's application keeps its id types.
package model

import (
	"errors"
	"strconv"
)

// SKU is a string underneath.
type SKU string

// Money becomes text by a method that can fail.
type Money struct{ Cents int64 }

// ErrDebt is what no text is made of.
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
