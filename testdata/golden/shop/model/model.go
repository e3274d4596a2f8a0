// Package model holds the shop's own id types, for the schemas beside it.
package model

import (
	"errors"
	"strconv"
)

type (
	SKU         string
	Row         int32
	Shard       uint8
	Alias       = string
	List        []string
	Pair[T any] struct{ A, B T }
	Speaker     interface{ String() string }
)

// Color has a String method, but it is a string underneath.
type Color string

func (c Color) String() string { return "color " + string(c) }

// Money becomes text by a method that can fail.
type Money struct{ Cents int64 }

func (m *Money) MarshalText() ([]byte, error) {
	if m.Cents < 0 {
		return nil, errors.New("negative")
	}
	return strconv.AppendInt(nil, m.Cents, 10), nil
}

// Place becomes text by a method that can't fail.
type Place struct{ X, Y int }

func (p Place) String() string { return strconv.Itoa(p.X) + "," + strconv.Itoa(p.Y) }

// Odd has a method that only looks like the right one.
type Odd struct{}

func (Odd) MarshalText(indent string) ([]byte, error) { return []byte(indent), nil }

type hidden string

var _ = hidden("")
