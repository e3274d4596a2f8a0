package jsondiff

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// spelling compares the spelling of two nodes with equal values.
func (c *comparison) spelling(i, j int) bool {
	switch c.a.first(i) {
	case '{':
		return c.keys(i, j)
	case '[':
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

// sameScalar reports whether two strings, numbers or literals have the same
// value.
func sameScalar(a, b []byte) bool {
	switch {
	case bytes.Equal(a, b):
		return true
	case a[0] == '"':
		return unquote(a) == unquote(b)
	case kindOf(a[0]) == '0':
		return sameNumber(string(a), string(b))
	}
	return false
}

// unquote returns the value of a JSON string.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // cannot fail: the text has been validated
	return s
}

// kindOf maps the first byte of a value to one byte for each kind of value.
func kindOf(first byte) byte {
	if first == '-' || '0' <= first && first <= '9' {
		return '0'
	}
	return first
}

// sameNumber compares numbers exactly, at any size.
func sameNumber(a, b string) bool {
	digitsA, expA, okA := decimal(a)
	digitsB, expB, okB := decimal(b)
	return okA && okB && digitsA == digitsB && expA == expB
}

// decimal returns the number as an integer without zeros at either end, and an
// exponent of ten. It returns false if the exponent is out of range.
func decimal(number string) (digits string, exponent int, ok bool) {
	mantissa, power, hasPower := strings.Cut(strings.ToLower(number), "e")
	if hasPower {
		n, err := strconv.ParseInt(power, 10, 32)
		if err != nil {
			return "", 0, false
		}
		exponent = int(n)
	}
	negative := strings.HasPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	all := whole + fraction
	digits = strings.TrimRight(all, "0")
	exponent += len(all) - len(digits) - len(fraction)
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return "", 0, true
	}
	if negative {
		digits = "-" + digits
	}
	return digits, exponent, true
}
