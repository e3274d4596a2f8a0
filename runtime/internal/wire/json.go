package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// RepeatedError names a key that occurs twice in a JSON object.
type RepeatedError string

func (e RepeatedError) Error() string { return string(e) + " occurs twice" }

var errNotObject = errors.New("not a JSON object")

// Members returns the members of a JSON object. Names must match exactly and
// may occur only once. By contrast, encoding/json reads "EXP" as "exp", and
// uses the last of two values.
func Members(object []byte) (map[string]json.RawMessage, error) {
	if !json.Valid(object) { // a decoder ignores text after the object
		return nil, errNotObject
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errNotObject
	}
	all := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, errNotObject
		}
		name := fmt.Sprint(key)
		if _, again := all[name]; again {
			return nil, RepeatedError(name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errNotObject
		}
		all[name] = value
	}
	return all, nil
}

// hasHalfPair reports whether a JSON text escapes one half of a surrogate pair.
func hasHalfPair(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return false
		}
		text = text[i:]
		switch r := escapedUnit(text); {
		case !utf16.IsSurrogate(r):
			text = text[min(2, len(text)):] // also of another escape, such as \\
		case utf16.DecodeRune(r, escapedUnit(text[6:])) == utf8.RuneError:
			return true
		default:
			text = text[12:]
		}
	}
}

// escapedUnit returns the UTF-16 code unit of an escape such as \u0041 at the
// start of the text, or -1 if the text does not start with one.
func escapedUnit(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
