package jsondiff

import (
	"bytes"
	"encoding/json"
)

// document contains the nodes of a JSON text in the order of the text. A member
// of an object is two nodes: its key, and its value.
type document []node

type node struct {
	token json.Token // the value of a scalar or key, or the opening delimiter
	text  []byte     // of the node with all that it contains
	next  int        // the index of the first node after it
}

func (d document) raw(i int) []byte { return d[i].text }

// name returns the name of the member whose key is node i.
func (d document) name(i int) string {
	name, _ := d[i].token.(string) // keys are strings
	return name
}

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

// parse returns the nodes of a JSON text, or an error if it is not JSON.
func parse(text []byte) (document, error) {
	if !isJSON(text) { // the decoder's tokens alone do not check all of it
		return nil, errNoJSON
	}
	p := parser{Decoder: json.NewDecoder(bytes.NewReader(text)), text: text}
	p.UseNumber() // all sizes
	err := p.value()
	return p.nodes, err
}

type parser struct {
	*json.Decoder
	text  []byte
	nodes document
}

// value reads the next value, or a key.
func (p *parser) value() error {
	n, before := len(p.nodes), p.InputOffset()
	token, err := p.Token()
	if err != nil {
		return err
	}
	p.nodes = append(p.nodes, node{token: token})
	if _, opens := token.(json.Delim); opens {
		for p.More() {
			if err := p.value(); err != nil {
				return err
			}
		}
		if _, err := p.Token(); err != nil { // the closing delimiter
			return err
		}
	}
	text := bytes.TrimLeft(p.text[before:p.InputOffset()], " \t\r\n,:")
	p.nodes[n].text, p.nodes[n].next = text, len(p.nodes)
	return nil
}
