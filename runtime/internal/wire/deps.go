package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Dep is one element of the JSON array in [HeaderDeps].
type Dep struct{ ID, Hash string }

// Names of the members of an element.
const (
	keyID   = "dep_id"
	keyHash = "expected_hash"
)

// EncodeDeps returns the value of [HeaderDeps] for the deps, which must be
// valid UTF-8. It escapes quotes, backslashes and control characters only, as
// databases and other languages do, so that the bytes are the same everywhere.
func EncodeDeps(deps []Dep) string {
	size := len("[]")
	for _, d := range deps {
		size += len(`{"dep_id":"","expected_hash":""},`) + len(d.ID) + len(d.Hash)
	}
	text := make([]byte, 0, size)
	text = append(text, '[')
	for i, d := range deps {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, `{"dep_id":`...)
		text = appendString(text, d.ID)
		text = append(text, `,"expected_hash":`...)
		text = appendString(text, d.Hash)
		text = append(text, '}')
	}
	return encode(append(text, ']'))
}

// encode returns the text in base64. It differs from EncodeToString in that it
// allocates the result only, instead of a buffer and a copy of it.
func encode(text []byte) string {
	const size = 768 // divisible by three, so that no piece needs padding
	var piece [size / 3 * 4]byte
	var out strings.Builder
	out.Grow(base64.RawURLEncoding.EncodedLen(len(text)))
	for part := range slices.Chunk(text, size) {
		base64.RawURLEncoding.Encode(piece[:], part)
		out.Write(piece[:base64.RawURLEncoding.EncodedLen(len(part))])
	}
	return out.String()
}

// appendString appends a JSON string.
func appendString(text []byte, s string) []byte {
	const hex = "0123456789abcdef"
	text = append(text, '"')
	plain := 0 // where the bytes begin that are copied as they are
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		text = append(text, s[plain:i]...)
		plain = i + 1
		if short := strings.IndexByte("\"\\\b\f\n\r\t", c); short >= 0 {
			text = append(text, '\\', `"\bfnrt`[short])
		} else {
			text = append(text, `\u00`...)
			text = append(text, hex[c>>4], hex[c&15])
		}
	}
	return append(append(text, s[plain:]...), '"')
}

// stdToURL maps base64's standard alphabet to the alphabet for URLs. A letter
// that both alphabets contain has the same meaning in both.
var stdToURL = strings.NewReplacer("+", "-", "/", "_")

// DecodeDeps reads the value of [HeaderDeps] exactly or not at all. Unlike
// encoding/json, it refuses unknown and repeated keys, null, and bytes that are
// not UTF-8. With any of these, an answer would be cached with fewer or other
// deps than the author of the header meant. The hash of a dep without one is
// [DefaultHash].
func DecodeDeps(header string) ([]Dep, error) {
	header = strings.TrimSpace(header)
	if header == "" {
		return nil, errors.New("it is empty")
	}
	if strings.ContainsAny(header, "+/") {
		header = stdToURL.Replace(header)
	}
	encoding := base64.RawURLEncoding
	if strings.HasSuffix(header, "=") {
		encoding = base64.URLEncoding
	}
	text, err := encoding.DecodeString(header)
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	if !IsExact(text) {
		return nil, errors.New("its text is not UTF-8, or has half a surrogate pair")
	}
	s := scanner{text: text}
	deps, err := s.deps()
	if err != nil {
		return nil, fmt.Errorf(`%w; write it as [{"dep_id":"…","expected_hash":"…"}]`, err)
	}
	return deps, nil
}

// scanner reads the array of a deps header.
type scanner struct {
	text []byte
	at   int
}

var errNoArray = errors.New("its text is not a JSON array")

func (s *scanner) deps() ([]Dep, error) {
	if !s.take('[') {
		return nil, errNoArray
	}
	var deps []Dep
	for !s.take(']') {
		if len(deps) > 0 && !s.take(',') {
			return nil, errNoArray
		}
		d, err := s.dep()
		if err != nil {
			return nil, fmt.Errorf("dep %d: %w", len(deps), err)
		}
		deps = append(deps, d)
	}
	if s.peek() != 0 || s.at < len(s.text) {
		return nil, errNoArray
	}
	return deps, nil
}

var errNoObject = errors.New("it is not an object")

// dep reads one element.
func (s *scanner) dep() (Dep, error) {
	if !s.take('{') {
		return Dep{}, errNoObject
	}
	var id, hash *string
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return Dep{}, errNoObject
		}
		key, ok := s.string()
		if !ok || !s.take(':') {
			return Dep{}, errNoObject
		}
		field := &id
		switch key {
		case keyID:
		case keyHash:
			field = &hash
		default:
			return Dep{}, fmt.Errorf("%.40q is not a key of a dep", key)
		}
		if *field != nil {
			return Dep{}, fmt.Errorf("%s occurs twice", key)
		}
		value, ok := s.string()
		switch {
		case !ok:
			return Dep{}, fmt.Errorf("%s is not a string", key)
		case value == "":
			return Dep{}, fmt.Errorf("%s is empty", key)
		}
		*field = &value
	}
	if id == nil {
		return Dep{}, errors.New(keyID + " is missing")
	}
	d := Dep{ID: *id, Hash: DefaultHash}
	if hash != nil {
		d.Hash = *hash
	}
	return d, nil
}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take skips white space and the byte, if it is the next one.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

// string reads a JSON string.
func (s *scanner) string() (string, bool) {
	if s.peek() != '"' {
		return "", false
	}
	escaped := false
	for end := s.at + 1; end < len(s.text); end++ {
		switch c := s.text[end]; {
		case c == '\\':
			escaped = true
			end++ // the next byte does not end the string
		case c < ' ':
			return "", false
		case c == '"':
			quoted := s.text[s.at : end+1]
			s.at = end + 1
			if !escaped {
				return string(quoted[1 : len(quoted)-1]), true
			}
			var text string
			err := json.Unmarshal(quoted, &text)
			return text, err == nil
		}
	}
	return "", false
}

// IsExact reports whether encoding/json decodes all strings of a JSON text
// without loss. It replaces bytes that are not UTF-8 and halves of surrogate
// pairs, which makes different strings equal.
func IsExact(text []byte) bool { return utf8.Valid(text) && !hasHalfPair(text) }
