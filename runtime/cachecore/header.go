package cachecore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
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

// decodeHeader reads a header that was written by hand, as strictly as a gateway
// does: under a misspelt key a hash would be taken for the default.
func decodeHeader(header string) ([]Dep, error) {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(header, "="))
	if err != nil {
		return nil, fmt.Errorf("header %s: %w", headerDeps, err)
	}
	var wire []struct {
		ID   string  `json:"dep_id"`
		Hash *string `json:"expected_hash"`
	}
	if err := decodeStrict(text, &wire); err != nil {
		return nil, fmt.Errorf(`header %s: %w: write it as [{"dep_id":"…","expected_hash":"…"}]`, headerDeps, err)
	}
	deps := make([]Dep, len(wire))
	for i, w := range wire {
		deps[i] = NewDep(w.ID)
		if w.Hash != nil && *w.Hash != defaultHash {
			deps[i] = deps[i].WithHash(*w.Hash)
		}
	}
	return deps, nil
}

// decodeStrict decodes the one JSON value of text, and no key that v does not have.
func decodeStrict(text []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the array")
	}
	return nil
}

// headerLine returns the length in bytes of the header's line, given that of its
// value: servers count the name and the separator too.
func headerLine(value int) int { return len(headerDeps) + len(": ") + value }
