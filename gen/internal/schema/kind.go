package schema

import (
	"fmt"
	"go/token"

	"gopkg.in/yaml.v3"
)

// Kind is one kind of data that an answer can depend on.
type Kind struct {
	Name        string
	Prefix      string // the word before the ":" on the wire
	Description string
	Deprecated  string   // advice on a replacement; empty if the kind is not deprecated
	Parts       []*Part  // of the id; a closed set has one
	Values      []*Value // the valid ids of a closed set; nil for other kinds
	Version     *Part    // nil if the kind is not versioned
	PartOf      []*Relation
	GroupedBy   []*Relation
	Pos         token.Position

	prefixPos token.Position // zero if the prefix is the name
}

// A key of a mapping, and the method that reads its value into a T. Problems
// call the value what.
type key[T any] struct {
	name   string
	decode func(p *parser, to T, e pair, what string)
}

// kindKeys are the keys of a kind, in the order of messages.
var kindKeys = []key[*kindBody]{
	{"description", func(p *parser, k *kindBody, e pair, what string) { k.Description = p.prose(e.value, what) }},
	{"id", (*parser).decodeID},
	{"values", (*parser).decodeValues},
	{"versioned", (*parser).decodeVersioned},
	{"part_of", func(p *parser, k *kindBody, e pair, what string) { p.decodeRelations(k.Kind, &k.PartOf, e, what) }},
	{"grouped_by", func(p *parser, k *kindBody, e pair, what string) { p.decodeRelations(k.Kind, &k.GroupedBy, e, what) }},
	{"prefix", (*parser).decodePrefix},
	{"deprecated", func(p *parser, k *kindBody, e pair, what string) { k.Deprecated = p.prose(e.value, what) }},
}

// kindBody is a kind while its mapping is read.
type kindBody struct {
	*Kind
	idKey string // id or values; empty before it is read
}

func (p *parser) decodeKind(k *Kind, n *yaml.Node) {
	what := fmt.Sprintf("kind %q", k.Name)
	body := &kindBody{Kind: k}
	if deref(n).ShortTag() != "!!null" {
		decodeKeys(p, body, p.mapping(n, what, `write what it has below it, like "id: string"`), what+": ", kindKeys)
		if deref(n).Kind != yaml.MappingNode {
			return
		}
	}
	if body.idKey == "" {
		p.errorf(k.Pos, "%s has neither id nor values; give it one", what)
	}
}

// decodeKeys reads the entries of a mapping.
func decodeKeys[T any](p *parser, to T, entries []pair, what string, keys []key[T]) {
	for _, e := range entries {
		found := false
		for _, key := range keys {
			if key.name == e.key {
				key.decode(p, to, e, what+e.key)
				found = true
				break
			}
		}
		if !found {
			p.unknownKey(e, what, keyNames(keys))
		}
	}
}

func keyNames[T any](keys []key[T]) []string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.name
	}
	return names
}

// beginID notes that a kind has the key id or values, and reports the second
// one.
func (p *parser) beginID(k *kindBody, e pair) {
	if k.idKey != "" {
		p.errorf(e.pos, "kind %q has both id and values; remove one", k.Name)
	}
	k.idKey = e.key
}

func (p *parser) decodeVersioned(k *kindBody, e pair, what string) {
	t := p.scalarType(e.value, what)
	if t != nil && t.set != "" {
		p.errorf(p.at(deref(e.value)), "%s: a version can't be one of a closed set, because each change needs a new one; write a type like int64", what)
	}
	k.Version = &Part{Name: "version", Type: t, Pos: p.at(e.value)}
}
