package jsondiff

import (
	"bytes"
	"encoding/json"
)

// spelling compares the spelling of two nodes with equal values.
func (c *comparison) spelling(i, j int) bool {
	switch c.a[i].token {
	case json.Delim('{'):
		return c.keys(i, j)
	case json.Delim('['):
		endA := c.a[i].next
		i, j = i+1, j+1
		for n := 0; i < endA; n++ {
			c.path.push(segment{index: n})
			if c.spelling(i, j) {
				return true
			}
			c.path.pop()
			i, j = c.a[i].next, c.b[j].next
		}
		return false
	}
	if a, b := c.a.raw(i), c.b.raw(j); !bytes.Equal(a, b) {
		return c.found(short(a, b))
	}
	return false
}

// keys compares the keys of two objects, and then the spelling of the values.
func (c *comparison) keys(i, j int) bool {
	endA, endB := c.a[i].next, c.b[j].next
	for p, q := i+1, j+1; p < endA; p, q = c.a.nextMember(p), c.b.nextMember(q) {
		if c.a.name(p) != c.b.name(q) {
			left, right := short(c.a.raw(p), c.b.raw(q))
			return c.found(c.a.list(left, p, endA), c.b.list(right, q, endB))
		}
	}
	for p, q := i+1, j+1; p < endA; p, q = c.a.nextMember(p), c.b.nextMember(q) {
		c.path.push(segment{name: c.a.name(p), member: true})
		if a, b := c.a.raw(p), c.b.raw(q); !bytes.Equal(a, b) {
			left, right := short(a, b)
			return c.found("key "+left, "key "+right)
		}
		if c.spelling(p+1, q+1) {
			return true
		}
		c.path.pop()
	}
	return false
}
