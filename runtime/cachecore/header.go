package cachecore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
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

func decodeHeader(header string) ([]Dep, error) {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(header, "="))
	if err != nil {
		return nil, fmt.Errorf("header %s: %w", headerDeps, err)
	}
	var wire []wireDep
	if err := json.Unmarshal(text, &wire); err != nil {
		return nil, fmt.Errorf("header %s: %w", headerDeps, err)
	}
	deps := make([]Dep, len(wire))
	for i, w := range wire {
		deps[i] = NewDep(w.ID)
		if w.Hash != "" && w.Hash != defaultHash {
			deps[i] = deps[i].WithHash(w.Hash)
		}
	}
	return deps, nil
}

// headerLine returns the length in bytes of the header's line, given that of its
// value: servers count the name and the separator too.
func headerLine(value int) int { return len(headerDeps) + len(": ") + value }
