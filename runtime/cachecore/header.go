package cachecore

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
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

// coarsen replaces parts by their wholes until the header's line fits into
// budget bytes or nothing is left to replace. An invalidation of a part also
// invalidates its wholes, so an answer tagged with one of them is still dropped.
func coarsen(deps []Dep, budget int) []Dep {
	room := base64.RawURLEncoding.DecodedLen(max(budget-headerLine(0), 0))
	for {
		excess := arraySize(deps) - room
		if excess <= 0 {
			return deps
		}
		wholes := largestWholes(deps, excess)
		if len(wholes) == 0 {
			return deps
		}
		deps = replaceParts(deps, wholes)
	}
}

// largestWholes returns the wholes to put in place of their parts in order to
// save the given number of bytes, those first whose parts take the most; all of
// them if they do not save enough.
func largestWholes(deps []Dep, excess int) map[string]bool {
	type whole struct {
		id          string
		size, parts int // in bytes of JSON
	}
	var wholes []whole
	at := map[string]int{}
	for _, d := range deps {
		w, ok := d.whole()
		if !ok {
			continue
		}
		i, seen := at[w.id]
		if !seen {
			i = len(wholes)
			at[w.id] = i
			wholes = append(wholes, whole{id: w.id, size: elementSize(w)})
		}
		wholes[i].parts += elementSize(d)
	}
	slices.SortStableFunc(wholes, func(a, b whole) int { return cmp.Compare(b.parts-b.size, a.parts-a.size) })
	chosen := map[string]bool{}
	for _, w := range wholes {
		if excess <= 0 {
			break
		}
		chosen[w.id] = true
		excess -= w.parts - w.size
	}
	return chosen
}

// replaceParts puts each whole where the first of its parts stood and drops the others.
func replaceParts(deps []Dep, wholes map[string]bool) []Dep {
	out := make([]Dep, 0, len(deps))
	placed := map[string]bool{}
	for _, d := range deps {
		if w, ok := d.whole(); ok && wholes[w.id] {
			d = w
		}
		if !placed[d.id] {
			placed[d.id] = true
			out = append(out, d)
		}
	}
	return out
}

// whole returns what the dep is coarsened to: the first of what it is part of.
func (d Dep) whole() (Dep, bool) {
	if d.relations == nil || len(d.relations.wholes) == 0 {
		return Dep{}, false
	}
	return d.relations.wholes[0], true
}

// arraySize returns the length of the JSON array, or a little more.
func arraySize(deps []Dep) int {
	n := len("[]")
	for _, d := range deps {
		n += elementSize(d)
	}
	return n
}

func elementSize(d Dep) int {
	return len(`{"dep_id":"","expected_hash":""},`) + escapedSize(d.id) + escapedSize(d.hash)
}

// escapedSize returns the length of s inside a JSON string, or a little more.
func escapedSize(s string) int {
	n := len(s)
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			n++
		case r < ' ', r == 0x7f, r == '\u2028', r == '\u2029':
			n += len(`\u0000`)
		}
	}
	return n
}
