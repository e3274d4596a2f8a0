package devgateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Limits on the deps of one request. The limit on the header is the most that
// an http.Server with a header limit of 64 KiB can receive.
const (
	maxDepsHeader = 64 << 10 // bytes
	maxDeps       = 1000
	maxDepID      = 4096 // bytes
	maxHash       = 1024 // bytes
)

// defaultHash is the hash of a dep whose data has no version.
const defaultHash = "v1"

// Keys of a dep in the header's JSON.
const (
	keyID   = "dep_id"
	keyHash = "expected_hash"
)

// Dep identifies a piece of data that an answer depends on, and the version of
// the data that the answer is based on.
type Dep struct {
	ID   string
	Hash string // "v1" if the request did not set it
}

// unfitError reports well-formed deps that cannot be kept with an answer. The
// request then becomes a bypass, because a call must not fail because of the
// cache.
type unfitError string

func (e unfitError) Error() string { return string(e) }

func unfitf(format string, args ...any) error { return unfitError(fmt.Sprintf(format, args...)) }

// depsOf returns the deps that the request declares, each id once. The error is
// an unfitError, or an apiError if the header breaks the protocol.
func depsOf(h http.Header) ([]Dep, error) {
	values := h[headerDeps]
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > 1 {
		return nil, badRequestf("invalid_deps", "more than one %s header: send all deps in one", headerDeps)
	}
	deps, err := decodeDeps(values[0])
	var unfit unfitError
	if errors.As(err, &unfit) {
		return nil, fmt.Errorf("%s: %w", headerDeps, err)
	}
	if err != nil {
		return nil, badRequestf("invalid_deps", `%s: %v: send the base64url of a JSON array [{"dep_id":"…","expected_hash":"…"}]`, headerDeps, err)
	}
	return deps, nil
}

// stdToURL maps base64's standard alphabet to the alphabet for URLs. A letter
// that both alphabets contain has the same meaning in both.
var stdToURL = strings.NewReplacer("+", "-", "/", "_")

func decodeDeps(header string) ([]Dep, error) {
	if len(header) > maxDepsHeader {
		return nil, unfitf("%d bytes are more than %d; declare fewer deps", len(header), maxDepsHeader)
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
	if !isExact(text) {
		return nil, errors.New("what it encodes is not UTF-8, or has half a surrogate pair")
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
			return nil, unfitf("dep %d: %.40q has two hashes; declare the one that the answer is made from", i, d.ID)
		case again:
			continue
		}
		hashes[d.ID] = d.Hash
		deps = append(deps, d)
	}
	if len(deps) > maxDeps {
		return nil, unfitf("%d deps are more than %d; declare fewer deps", len(deps), maxDeps)
	}
	return deps, nil
}

func (d Dep) check() error {
	switch {
	case d.ID == "":
		return errors.New("dep_id is empty")
	case len(d.ID) > maxDepID:
		return unfitf("dep_id is longer than %d bytes; shorten it", maxDepID)
	case d.Hash == "":
		return errors.New("expected_hash is empty")
	case len(d.Hash) > maxHash:
		return unfitf("expected_hash is longer than %d bytes; shorten it", maxHash)
	}
	return nil
}

var errNoObject = errors.New("it is not an object")

// parseDep reads one object. It refuses unknown keys: one could be a misspelt
// hash, and the dep would then get the hash "v1".
func parseDep(object []byte) (Dep, error) {
	values, err := members(object)
	if err != nil {
		return Dep{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name != keyID && name != keyHash {
			return Dep{}, fmt.Errorf("%.40q is not a key of a dep", name)
		}
	}
	dep := Dep{Hash: defaultHash}
	if id := values[keyID]; string(id) == "null" || decode(id, &dep.ID) != nil {
		return Dep{}, fmt.Errorf("%s is not a string", keyID)
	}
	if decode(values[keyHash], &dep.Hash) != nil {
		return Dep{}, fmt.Errorf("%s is not a string", keyHash)
	}
	return dep, nil
}

// hashesOf maps each id to its hash.
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
