// Package model holds the shop's own id types, for the schemas beside it.
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

func (s Set[T]) String() string { return fmt.Sprint(s.Bits) }

// Range has results that are the wanted ones by other names.
type Range struct{ From, To int }

type failure = error

func (r Range) MarshalText() ([]uint8, failure) { return fmt.Appendf(nil, "%d-%d", r.From, r.To), nil }

// Counters holds a lock, where it can be seen and where it can't.
type Counters struct {
	Name string
	each [2]struct{ sync.Mutex }
}

func (c *Counters) String() string { return c.Name }

// Locked holds another's lock.
type Locked struct{ sync.Locker }

func (Locked) String() string { return "locked" }

// Odd has a method that only looks like the right one.
type Odd struct{}

func (Odd) MarshalText(indent string) ([]byte, error) { return []byte(indent), nil }

// Stamp has the text of the time in it.
type Stamp struct{ time.Time }

type Instant = time.Time

// UTC is the text of an instant, wherever it was read from a clock.
type UTC struct{ time.Time }

func (u UTC) MarshalText() ([]byte, error) { return u.UTC().MarshalText() }

func (u UTC) UTC() time.Time { return u.Time.UTC() }

type hidden string

var _ = hidden("")
