package cachecore

import (
	"encoding"
	"fmt"
)

// TextOf returns the text of an id or a version from its MarshalText method.
// Generated functions call it. If MarshalText panics, TextOf returns an error,
// because a dep must not end the call that declares it.
func TextOf(m encoding.TextMarshaler) (text string, err error) {
	defer recoverInto(&err, "MarshalText")
	b, err := m.MarshalText()
	return string(b), err
}

// StringOf works like [TextOf] for a type that has only a String method.
func StringOf(s fmt.Stringer) (text string, err error) {
	defer recoverInto(&err, "String")
	return s.String(), nil
}

// recoverInto sets err if the function that defers it panics.
func recoverInto(err *error, method string) {
	switch v := recover().(type) {
	case nil:
	case error:
		*err = fmt.Errorf("%s panicked: %w", method, v)
	default:
		*err = fmt.Errorf("%s panicked: %v", method, v)
	}
}
