package devgateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Bounds of one request's deps. The header's is what an http.Server with a
// header limit of 64 KiB can receive at most.
const (
	maxDepsHeader = 64 << 10 // bytes
	maxDeps       = 1000
	maxDepID      = 4096 // bytes
	maxHash       = 1024 // bytes
)

// defaultHash is what a dep carries whose data has no version.
const defaultHash = "v1"

// Dep is one piece of data that an answer depends on, in the version that the
// answer was made from.
type Dep struct {
	ID   string
	Hash string // "v1" if the request named none
}

// depsOf returns the deps that the request declares, each id once.
func depsOf(h http.Header) ([]Dep, error) {
	values := h[headerDeps]
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > 1 {
		return nil, badRequestf("invalid_deps", "more than one %s header: send all deps in one", headerDeps)
	}
	deps, err := decodeDeps(values[0])
	if err != nil {
		return nil, badRequestf("invalid_deps", `%s: %v: send the base64url of a JSON array [{"dep_id":"…","expected_hash":"…"}]`, headerDeps, err)
	}
	return deps, nil
}

// stdToURL maps base64's standard alphabet to the one for URLs: no letter of
// either stands for something else in the other.
var stdToURL = strings.NewReplacer("+", "-", "/", "_")

func decodeDeps(header string) ([]Dep, error) {
	if len(header) > maxDepsHeader {
		return nil, fmt.Errorf("%d bytes are more than %d", len(header), maxDepsHeader)
	}
	header = stdToURL.Replace(strings.TrimSpace(header))
	encoding := base64.RawURLEncoding
	if strings.HasSuffix(header, "=") {
		encoding = base64.URLEncoding
	}
	text, err := encoding.DecodeString(header)
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("what it encodes is not UTF-8")
	}
	var wire []struct {
		ID   string  `json:"dep_id"`
		Hash *string `json:"expected_hash"`
	}
	if err := decodeStrict(text, &wire); err != nil {
		return nil, fmt.Errorf("what it encodes does not parse: %w", err)
	}
	if wire == nil {
		return nil, errors.New("what it encodes is null")
	}
	var deps []Dep
	hashes := make(map[string]string, len(wire))
	for i, w := range wire {
		d := Dep{w.ID, defaultHash}
		if w.Hash != nil {
			d.Hash = *w.Hash
		}
		if err := d.check(); err != nil {
			return nil, fmt.Errorf("dep %d: %w", i, err)
		}
		switch hash, again := hashes[d.ID]; {
		case again && hash != d.Hash:
			return nil, fmt.Errorf("dep %d: %q has two hashes", i, d.ID)
		case again:
			continue
		}
		hashes[d.ID] = d.Hash
		deps = append(deps, d)
	}
	if len(deps) > maxDeps {
		return nil, fmt.Errorf("%d deps are more than %d", len(deps), maxDeps)
	}
	return deps, nil
}

func (d Dep) check() error {
	switch {
	case d.ID == "":
		return errors.New("dep_id is empty")
	case len(d.ID) > maxDepID:
		return fmt.Errorf("dep_id is longer than %d bytes", maxDepID)
	case d.Hash == "":
		return errors.New("expected_hash is empty")
	case len(d.Hash) > maxHash:
		return fmt.Errorf("expected_hash is longer than %d bytes", maxHash)
	}
	return nil
}

// decodeStrict decodes the one JSON value of text. A misspelt key is an error: a
// hash under another name would otherwise be taken for "v1".
func decodeStrict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the array")
	}
	return nil
}

// hashesOf returns the hash of each id.
func hashesOf(deps []Dep) map[string]string {
	hashes := make(map[string]string, len(deps))
	for _, d := range deps {
		hashes[d.ID] = d.Hash
	}
	return hashes
}

// covers reports whether an answer with the given hashes carries all the deps.
func covers(hashes map[string]string, deps []Dep) bool {
	for _, d := range deps {
		if hash, ok := hashes[d.ID]; !ok || hash != d.Hash {
			return false
		}
	}
	return true
}
