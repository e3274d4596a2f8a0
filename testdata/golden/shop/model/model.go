// Package model contains the shop's id types, for the golden schemas.
package model

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

type (
	SKU         string
	Row         int32
	Shard       uint8
	Alias       = string
	List        []string
	Pair[T any] struct{ A, B T }
	Gen[T any]  = string
	Flags       = Set[uint8]
	Product     = SKU
	Set[T any]  struct{ Bits T }
	Speaker     interface{ String() string }
)

// Color has a String method, but its underlying type is string.
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

func (s Set[T]) String() string { return fmt.Sprint(s.Bits) }

// Range has a method with aliases of the expected result types.
type Range struct{ From, To int }

type failure = error

func (r Range) MarshalText() ([]uint8, failure) { return fmt.Appendf(nil, "%d-%d", r.From, r.To), nil }

// Counters contains a lock in an unexported field.
type Counters struct {
	Name string
	each [2]struct{ sync.Mutex }
}

func (c *Counters) String() string { return c.Name }

// Locked contains the lock of another value.
type Locked struct{ sync.Locker }

func (Locked) String() string { return "locked" }

// Odd has a MarshalText method with the wrong signature.
type Odd struct{}

func (Odd) MarshalText(indent string) ([]byte, error) { return []byte(indent), nil }

// Stamp has the text of its embedded time.
type Stamp struct{ time.Time }

type Instant = time.Time

// UTC has the same text for an instant in every time zone.
type UTC struct{ time.Time }

func (u UTC) MarshalText() ([]byte, error) { return u.UTC().MarshalText() }

func (u UTC) UTC() time.Time { return u.Time.UTC() }

type hidden string

var _ = hidden("")
