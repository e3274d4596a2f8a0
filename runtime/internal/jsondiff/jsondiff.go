// Package jsondiff finds the first difference of two JSON texts, for messages
// to people.
package jsondiff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Missing replaces the value of a member or an element that one text lacks.
const Missing = "(missing)"

// First returns the path of the first difference of a and b, such as
// tools[2].function.name, and both values. Differ is false if the bytes are
// equal. First walks objects in the order of a.
//
// The values are JSON texts of at most 60 bytes, cut near the difference, or
// [Missing]. If the texts contain equal values and differ in their spelling,
// the path is that of the first string that is spelled in another way, or of
// the first object whose keys are in another order; left and right then list
// the keys. Numbers of other spellings are other values. The path is empty if
// the texts themselves differ, only white space differs, or a text is not JSON.
// In the last two cases left and right begin with the offset of the first byte
// that differs.
func First(a, b []byte) (path, left, right string, differ bool) {
	if bytes.Equal(a, b) {
		return "", "", "", false
	}
	docA, errA := parse(a)
	docB, errB := parse(b)
	if errA == nil && errB == nil {
		c := comparison{a: docA, b: docB}
		if c.values(0, 0) || c.spelling(0, 0) {
			return c.path.String(), c.left, c.right, true
		}
	}
	left, right = offset(a, b)
	return "", left, right, true
}

// isJSON reports whether text is JSON whose strings can be shown. It refuses a
// text that is nested deeper than 10,000 levels.
func isJSON(text []byte) bool { return utf8.Valid(text) && json.Valid(text) }

var errNoJSON = errors.New("not JSON")

// offset returns the bytes at the first difference.
func offset(a, b []byte) (left, right string) {
	at := commonPrefix(a, b)
	show := func(text []byte) string {
		if len(text) == at {
			return fmt.Sprintf("at byte %d: end", at)
		}
		return fmt.Sprintf("at byte %d: %+q", at, text[at:min(at+10, len(text))])
	}
	return show(a), show(b)
}

// comparison walks two documents. The functions that compare return whether
// they have found a difference, which is then in path, left and right.
type comparison struct {
	a, b        document
	path        path
	left, right string
}

func (c *comparison) found(left, right string) bool {
	c.left, c.right = left, right
	return true
}

// values compares the values of the nodes i of a and j of b.
func (c *comparison) values(i, j int) bool {
	token := c.a[i].token
	switch {
	case token != c.b[j].token:
		return c.found(short(c.a.raw(i), c.b.raw(j)))
	case token == json.Delim('{'):
		return c.members(i, j)
	case token == json.Delim('['):
		return c.elements(i, j)
	}
	return false
}

func (c *comparison) elements(i, j int) bool {
	endA, endB := c.a[i].next, c.b[j].next
	i, j = i+1, j+1
	for n := 0; i < endA || j < endB; n++ {
		c.path.push(segment{index: n})
		if c.pair(i, endA, j, endB) {
			return true
		}
		c.path.pop()
		i, j = c.a[i].next, c.b[j].next
	}
	return false
}

// pair compares two values of which one can be missing.
func (c *comparison) pair(i, endA, j, endB int) bool {
	switch {
	case i >= endA:
		_, right := short(nil, c.b.raw(j))
		return c.found(Missing, right)
	case j >= endB:
		left, _ := short(c.a.raw(i), nil)
		return c.found(left, Missing)
	}
	return c.values(i, j)
}

func (c *comparison) members(i, j int) bool {
	endA, endB := c.a[i].next, c.b[j].next
	i, j = i+1, j+1
	// As long as the keys are in the same order, no index is needed.
	for i < endA && j < endB && c.a.name(i) == c.b.name(j) {
		if c.member(c.a.name(i), i+1, endA, j+1, endB) {
			return true
		}
		i, j = c.a.nextMember(i), c.b.nextMember(j)
	}
	rest := map[string][]int{} // values in b; a key can occur several times
	for at := j; at < endB; at = c.b.nextMember(at) {
		rest[c.b.name(at)] = append(rest[c.b.name(at)], at+1)
	}
	for ; i < endA; i = c.a.nextMember(i) {
		name, value := c.a.name(i), endB
		if values := rest[name]; len(values) > 0 {
			value, rest[name] = values[0], values[1:]
		}
		if c.member(name, i+1, endA, value, endB) {
			return true
		}
	}
	for ; j < endB; j = c.b.nextMember(j) {
		name := c.b.name(j)
		if values := rest[name]; len(values) > 0 {
			return c.member(name, endA, endA, values[0], endB)
		}
	}
	return false
}

func (c *comparison) member(name string, i, endA, j, endB int) bool {
	c.path.push(segment{name: name, member: true})
	if c.pair(i, endA, j, endB) {
		return true
	}
	c.path.pop()
	return false
}
