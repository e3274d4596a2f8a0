package cachecore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// textual gets its text from its function.
type textual func() string

func (t textual) MarshalText() ([]byte, error) { return []byte(t()), nil }
func (t textual) String() string               { return t() }

var errUnset = errors.New("unset")

func TestTextOfRecovers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		id      textual
		want    string
		wantErr string
		wraps   error
	}{
		{name: "text", id: func() string { return "a" }, want: "a"},
		{name: "panic with text", id: func() string { panic("no id") }, wantErr: "panicked: no id"},
		{name: "panic with an error", id: func() string { panic(errUnset) }, wantErr: "panicked: unset", wraps: errUnset},
		{name: "nil dereference", id: nil, wantErr: "panicked: runtime error: invalid memory address or nil pointer dereference"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check := func(method, got string, err error) {
				wantErr := ""
				if tt.wantErr != "" {
					wantErr = method + " " + tt.wantErr
				}
				if got != tt.want || (err == nil) != (wantErr == "") || err != nil && err.Error() != wantErr || tt.wraps != nil && !errors.Is(err, tt.wraps) {
					t.Errorf("%s: got %q, %v; want %q, %q", method, got, err, tt.want, wantErr)
				}
			}
			text, err := cachecore.TextOf(tt.id)
			check("MarshalText", text, err)
			text, err = cachecore.StringOf(tt.id)
			check("String", text, err)
		})
	}
}

// money has a text unless it is negative.
type money int

func (m money) MarshalText() ([]byte, error) {
	if m < 0 {
		return nil, errors.New("negative amount")
	}
	return fmt.Appendf(nil, "%d", m), nil
}

func ExampleTextOf() {
	fmt.Println(cachecore.TextOf(money(5)))
	_, err := cachecore.TextOf(money(-5))
	fmt.Println(cachecore.InvalidDep("amount", err).Err())
	// Output:
	// 5 <nil>
	// dep of kind "amount" has no id: negative amount
}

// place always has a text.
type place struct{ x, y int }

func (p place) String() string { return fmt.Sprintf("%d,%d", p.x, p.y) }

func ExampleStringOf() {
	fmt.Println(cachecore.StringOf(place{1, -2}))
	// Output: 1,-2 <nil>
}
