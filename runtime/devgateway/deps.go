package devgateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
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

// Keys of a dep in the header.
const (
	keyID   = "dep_id"
	keyHash = "expected_hash"
)

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
	if header == "" {
		return nil, errors.New("it is empty")
	}
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
	var wire []json.RawMessage
	if err := json.Unmarshal(text, &wire); err != nil || wire == nil {
		return nil, errors.New("what it encodes is not a JSON array")
	}
	var deps []Dep
	hashes := make(map[string]string, len(wire))
	for i, w := range wire {
		d, err := parseDep(w)
		if err != nil {
			return nil, fmt.Errorf("dep %d: %w", i, err)
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

// parseDep reads one object. Its keys have to be exact and to occur once, as they
// need not for a struct: a hash under another name would be taken for "v1".
func parseDep(object []byte) (Dep, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return Dep{}, errors.New("it is not an object")
	}
	dep := Dep{Hash: defaultHash}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return Dep{}, errors.New("it is not an object")
		}
		name := fmt.Sprint(key)
		if seen[name] {
			return Dep{}, fmt.Errorf("%s occurs twice", name)
		}
		seen[name] = true
		value, err := d.Token()
		text, isText := value.(string)
		switch {
		case name != keyID && name != keyHash:
			return Dep{}, fmt.Errorf("%.40q is not a key of a dep", name)
		case name == keyHash && value == nil && err == nil:
		case !isText:
			return Dep{}, fmt.Errorf("%s is not a string", name)
		case name == keyID:
			dep.ID = text
		default:
			dep.Hash = text
		}
	}
	return dep, nil
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
