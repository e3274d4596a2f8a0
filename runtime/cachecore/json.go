package cachecore

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// jsonDep is a dep as JSON. It has its relations, because whoever decodes it
// has to invalidate its wholes too.
type jsonDep struct {
	ID        string  `json:"id"`
	Version   *string `json:"version,omitempty"` // nil without a version
	PartOf    []Dep   `json:"part_of,omitempty"`
	GroupedBy []Dep   `json:"grouped_by,omitempty"`
}

// Limits of a dep in JSON. The deps that the relations lead to are written
// where they are named, so that a few can become many.
const (
	maxJSONDepth = 32
	maxJSONDeps  = 1000
)

// countJSON returns the number of deps in the dep's JSON, up to the limit.
func (d Dep) countJSON(depth int) (int, error) {
	if err := d.Err(); err != nil {
		return 0, err
	}
	n, r := 1, d.related()
	for _, related := range slices.Concat(r.wholes, r.groups) {
		if depth == maxJSONDepth {
			return 0, fmt.Errorf("relations of dep %s are deeper than %d", quote(d.id), maxJSONDepth)
		}
		more, err := related.countJSON(depth + 1)
		if err != nil {
			return 0, err
		}
		if n += more; n > maxJSONDeps {
			return 0, fmt.Errorf("relations of dep %s lead to more than %d deps", quote(d.id), maxJSONDeps)
		}
	}
	return n, nil
}

// MarshalJSON implements [json.Marshaler], so that a queued job can contain a
// dep. The object has the members id, version, part_of and grouped_by. An
// invalid dep is an error.
func (d Dep) MarshalJSON() ([]byte, error) {
	if _, err := d.countJSON(1); err != nil {
		return nil, err
	}
	r := d.related()
	j := jsonDep{ID: d.id, PartOf: r.wholes, GroupedBy: r.groups}
	if d.versioned {
		j.Version = &d.hash
	}
	return json.Marshal(j)
}

// UnmarshalJSON implements [json.Unmarshaler]. It returns an error for an
// invalid dep, an unknown key, and a key that occurs twice.
func (d *Dep) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil // as for any other type
	}
	if depth := jsonDepth(text); depth > 2*maxJSONDepth { // an array and an object a level
		return fmt.Errorf("dep: relations are deeper than %d", maxJSONDepth)
	}
	members, err := wire.Members(text)
	if err != nil {
		return fmt.Errorf("dep: %w", err)
	}
	if !wire.IsExact(text) {
		return errors.New("dep: text is not UTF-8, or has half a surrogate pair")
	}
	var j jsonDep
	for key, value := range members {
		var to any
		switch key {
		case "id":
			to = &j.ID
		case "version":
			to = &j.Version
		case "part_of":
			to = &j.PartOf
		case "grouped_by":
			to = &j.GroupedBy
		default:
			return fmt.Errorf("dep: unknown key %q", key)
		}
		if err := json.Unmarshal(value, to); err != nil {
			return fmt.Errorf("dep: %s: %w", key, err)
		}
	}
	for _, related := range slices.Concat(j.PartOf, j.GroupedBy) {
		if err := related.Err(); err != nil { // of null
			return err
		}
	}
	read := NewDep(j.ID)
	if j.Version != nil {
		read = read.WithHash(*j.Version)
	}
	if len(j.PartOf) > 0 {
		read = read.PartOf(j.PartOf...)
	}
	if len(j.GroupedBy) > 0 {
		read = read.GroupedBy(j.GroupedBy...)
	}
	if err := read.Err(); err != nil {
		return err
	}
	*d = read
	return nil
}

// jsonDepth returns how deep the arrays and objects of a JSON text are nested.
func jsonDepth(text []byte) int {
	depth, most, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			i++ // the next byte does not end the string
		case inString:
		case c == '[' || c == '{':
			depth++
			most = max(most, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return most
}
