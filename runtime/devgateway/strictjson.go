package devgateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// repeatedError names a key that occurs twice in a JSON object.
type repeatedError string

func (e repeatedError) Error() string { return string(e) + " occurs twice" }

// members returns the members of a JSON object. Names must match exactly and
// may occur only once. By contrast, encoding/json reads "EXP" as "exp", and
// uses the last of two values.
func members(object []byte) (map[string]json.RawMessage, error) {
	if !json.Valid(object) { // a decoder ignores text after the object
		return nil, errNoObject
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errNoObject
	}
	all := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, errNoObject
		}
		name := fmt.Sprint(key)
		if _, again := all[name]; again {
			return nil, repeatedError(name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errNoObject
		}
		all[name] = value
	}
	return all, nil
}

// decode stores the value of a member in target. A missing member or null
// leaves target unchanged.
func decode(value json.RawMessage, target any) error {
	if value == nil || string(value) == "null" {
		return nil
	}
	return json.Unmarshal(value, target)
}

// skipped is a JSON value that is checked for presence only.
type skipped struct{}

// UnmarshalJSON implements [json.Unmarshaler].
func (skipped) UnmarshalJSON([]byte) error { return nil }

// isExact reports whether encoding/json decodes all strings of a JSON text
// without loss. encoding/json replaces bytes that are not UTF-8 and halves of
// surrogate pairs, which makes different strings equal.
func isExact(text []byte) bool {
	if !utf8.Valid(text) {
		return false
	}
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 == len(text) {
			return true
		}
		text = text[i:]
		r, isUnit := unit(text)
		switch {
		case !isUnit:
			text = text[2:] // another escape, such as \\ or \n
		case !utf16.IsSurrogate(r):
			text = text[6:]
		default:
			low, _ := unit(text[6:])
			if utf16.DecodeRune(r, low) == utf8.RuneError {
				return false
			}
			text = text[12:]
		}
	}
	return true
}

// unit returns the UTF-16 code unit of an escape such as \u0041 at the start of
// the text.
func unit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}
