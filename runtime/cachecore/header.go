package cachecore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// wireDep is one element of the header's JSON array.
type wireDep struct {
	ID   string `json:"dep_id"`
	Hash string `json:"expected_hash"`
}

func encodeHeader(deps []Dep) (string, error) {
	wire := make([]wireDep, len(deps))
	for i, d := range deps {
		wire[i] = wireDep{d.id, d.hash}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(wire); err != nil {
		return "", fmt.Errorf("encode deps: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// decodeHeader decodes a header that was written by hand. It is stricter than
// encoding/json, which folds the case of keys, accepts the last of equal keys,
// ignores null and replaces bad UTF-8. The answer would then be cached with
// fewer or other deps than its author meant.
func decodeHeader(header string) ([]Dep, error) {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(header, "="))
	if err != nil {
		return nil, fmt.Errorf("header %s: %w", headerDeps, err)
	}
	deps, err := decodeDeps(text)
	if err != nil {
		return nil, fmt.Errorf(`header %s: %w; write it as [{"dep_id":"…","expected_hash":"…"}]`, headerDeps, err)
	}
	return deps, nil
}

func decodeDeps(text []byte) ([]Dep, error) {
	if !utf8.Valid(text) || halfPair(text) {
		return nil, errors.New("not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := expect(dec, json.Delim('[')); err != nil {
		return nil, err
	}
	var deps []Dep
	for dec.More() {
		d, err := decodeDep(dec)
		if err != nil {
			return nil, fmt.Errorf("dep %d: %w", len(deps)+1, err)
		}
		deps = append(deps, d)
	}
	if err := expect(dec, json.Delim(']')); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the array")
	}
	return deps, nil
}

// decodeDep decodes one element of the array.
func decodeDep(dec *json.Decoder) (Dep, error) {
	if err := expect(dec, json.Delim('{')); err != nil {
		return Dep{}, err
	}
	fields := map[string]string{}
	for dec.More() {
		key, err := decodeString(dec)
		if err != nil {
			return Dep{}, err
		}
		if _, again := fields[key]; again {
			return Dep{}, fmt.Errorf("key %q occurs twice", key)
		}
		if key != "dep_id" && key != "expected_hash" {
			return Dep{}, fmt.Errorf("unknown key %q", key)
		}
		if fields[key], err = decodeString(dec); err != nil {
			return Dep{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	if err := expect(dec, json.Delim('}')); err != nil {
		return Dep{}, err
	}
	d := NewDep(fields["dep_id"])
	// A header cannot tell a version spelt like the default from no version.
	if hash, ok := fields["expected_hash"]; ok && hash != defaultHash {
		d = d.WithHash(hash)
	}
	return d, d.Err()
}

func expect(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("missing %q", want.String())
	case err != nil:
		return err
	case token != want:
		return fmt.Errorf("got %s, want %q", describe(token), want.String())
	}
	return nil
}

func decodeString(dec *json.Decoder) (string, error) {
	token, err := dec.Token()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("got %s, want a string", describe(token))
	}
	return text, nil
}

// halfPair reports whether JSON text escapes one half of a surrogate pair. A
// decoder replaces it by U+FFFD, which would make two ids equal.
func halfPair(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return false
		}
		text = text[i:]
		r := escapedRune(text)
		if !utf16.IsSurrogate(r) {
			text = text[min(2, len(text)):]
			continue
		}
		if utf16.DecodeRune(r, escapedRune(text[6:])) == utf8.RuneError {
			return true
		}
		text = text[12:]
	}
}

// escapedRune returns the code unit of an escape such as \u00e9 at the start of
// text, or -1 if text does not start with an escape.
func escapedRune(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	r, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(r)
}

// describe names a JSON token.
func describe(token json.Token) string {
	switch token := token.(type) {
	case nil:
		return "null"
	case json.Delim:
		return strconv.Quote(token.String())
	case string:
		return "a string"
	case bool:
		return "a boolean"
	}
	return "a number"
}

// headerLine returns the length in bytes of the header's line for a value of
// the given length. It includes the name and the separator, because servers
// count them too.
func headerLine(value int) int { return len(headerDeps) + len(": ") + value }
