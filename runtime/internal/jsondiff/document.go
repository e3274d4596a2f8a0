package jsondiff

// document contains the nodes of a JSON text in the order of the text. A member
// of an object is two nodes: its key, and its value.
type document []node

type node struct {
	text []byte // of the node with all that it contains
	next int    // the index of the first node after it
}

func (d document) raw(i int) []byte { return d[i].text }

func (d document) first(i int) byte { return d[i].text[0] }

// name returns the name of the member whose key is node i.
func (d document) name(i int) string { return unquote(d[i].text) }

// nextMember returns the key after the member whose key is node i.
func (d document) nextMember(i int) int { return d[i+1].next }

// list returns the keys from node i on, the first of them as given.
func (d document) list(first string, i, end int) string {
	out := "keys " + first
	for at := d.nextMember(i); at < end; at = d.nextMember(at) {
		if len(out)+len(d.raw(at)) > maxText {
			return out + ", " + ellipsis
		}
		out += ", " + string(d.raw(at))
	}
	return out
}

// parse returns the nodes of a valid JSON text.
func parse(text []byte) document {
	p := parser{text: text}
	p.value()
	return p.nodes
}

type parser struct {
	text  []byte
	at    int
	nodes document
}

// value reads the value at or after the current position, or a key.
func (p *parser) value() {
	p.skip()
	n, start := len(p.nodes), p.at
	p.nodes = append(p.nodes, node{})
	switch c := p.text[p.at]; c {
	case '{', '[':
		p.at++
		for !p.closed() {
			p.value()
		}
	case '"':
		p.at++
		for p.text[p.at] != '"' {
			if p.text[p.at] == '\\' {
				p.at++
			}
			p.at++
		}
		p.at++
	default:
		for p.at < len(p.text) && !delimits(p.text[p.at]) {
			p.at++
		}
	}
	p.nodes[n] = node{p.text[start:p.at], len(p.nodes)}
}

// closed passes the end of an object or array, and reports whether it was
// there.
func (p *parser) closed() bool {
	p.skip()
	if c := p.text[p.at]; c != '}' && c != ']' {
		return false
	}
	p.at++
	return true
}

// skip passes white space, and the separators that a valid text has anyway.
func (p *parser) skip() {
	for delimits(p.text[p.at]) && p.text[p.at] != '}' && p.text[p.at] != ']' {
		p.at++
	}
}

func delimits(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
		return true
	}
	return false
}
