package schema

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

const supportedVersion = "1"

var (
	topKeys  = []string{"version", "package", "kinds"}
	kindKeys = []string{
		"description", "id", "values", "versioned", "part_of", "grouped_by", "prefix", "deprecated",
	}
	valueKeys = []string{"description", "name", "deprecated"}
)

// decode reads the whole schema into p.file. Later steps fill in types
// and relations.
func (p *parser) decode(root *yaml.Node) {
	pairs := p.mapping(root, "the schema", missing["version"])
	if len(pairs) == 0 {
		return
	}
	keys := map[string]bool{}
	for _, e := range pairs {
		keys[e.key] = true
		if e.key == "version" && !p.checkVersion(e.value) {
			return // another version's language has other rules
		}
	}
	for _, key := range []string{"version", "kinds"} {
		if !keys[key] {
			p.errorf(at(root), "the key %s is missing; %s", key, missing[key])
		}
	}
	for _, e := range pairs {
		switch e.key {
		case "version":
		case "package":
			p.decodePackage(e.value)
		case "kinds":
			p.decodeKinds(e.value)
		default:
			p.unknownKey(e, "", topKeys)
		}
	}
}

var missing = map[string]string{
	"version": `begin with "version: ` + supportedVersion + `"`,
	"kinds":   "name at least one kind of data",
}

func (p *parser) checkVersion(n *yaml.Node) bool {
	n = deref(n)
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int":
		got := describe(n)
		if n.ShortTag() == "!!float" {
			got = n.Value
		}
		p.errorf(at(n), "version must be the number %s, not %s; write \"version: %[1]s\"", supportedVersion, got)
	case n.Value != supportedVersion:
		p.errorf(at(n), "version %s is not known: this depgen reads version %s; write that, or update depgen",
			n.Value, supportedVersion)
	default:
		return true
	}
	return false
}

func (p *parser) decodePackage(n *yaml.Node) {
	name, ok := p.text(n, "package", "write a name like deps")
	if !ok {
		return
	}
	p.file.Package, p.file.packagePos = name, at(deref(n))
	if err := CheckPackage(name); err != nil {
		p.errorf(p.file.packagePos, "%s", err)
	}
}

func (p *parser) decodeKinds(n *yaml.Node) {
	problems := len(p.problems)
	pairs := p.mapping(n, "kinds", `write a kind below it, like "doc: {id: string}"`)
	if len(pairs) == 0 && len(p.problems) == problems {
		p.errorf(at(deref(n)), "kinds is empty; name at least one kind of data")
	}
	for _, e := range pairs {
		if !validName(e.key) {
			p.errorf(e.pos, "kind %q: a name is made of a-z, 0-9 and _, begins with a letter, and has at most %d characters",
				e.key, maxName)
		}
		k := &Kind{Name: e.key, Prefix: e.key, pos: e.pos}
		p.kinds[k.Name] = k
		p.file.Kinds = append(p.file.Kinds, k)
		p.decodeKind(k, e.value)
	}
	p.checkPrefixes()
}

func (p *parser) decodeKind(k *Kind, n *yaml.Node) {
	what := fmt.Sprintf("kind %q", k.Name)
	if deref(n).ShortTag() == "!!null" {
		p.errorf(k.pos, "%s has neither id nor values; give it one", what)
		return
	}
	var id, values bool
	for _, e := range p.mapping(n, what, `write what it has below it, like "id: string"`) {
		where := what + ": " + e.key
		switch e.key {
		case "description":
			k.Description = p.prose(e.value, where)
		case "deprecated":
			k.Deprecated = p.prose(e.value, where)
		case "prefix":
			p.decodePrefix(k, e.value, where)
		case "versioned":
			p.decodeVersioned(k, e.value, where)
		case "id", "values":
			if id || values {
				p.errorf(e.pos, "%s has both id and values; remove one", what)
			}
			if e.key == "id" {
				id = true
				p.decodeID(k, e.value, where)
			} else {
				values = true
				p.decodeValues(k, e.value, where)
			}
		case "part_of":
			k.PartOf = p.decodeRelations(e.value, where)
		case "grouped_by":
			k.GroupedBy = p.decodeRelations(e.value, where)
		default:
			p.unknownKey(e, what+": ", kindKeys)
		}
	}
	if !id && !values && deref(n).Kind == yaml.MappingNode {
		p.errorf(k.pos, "%s has neither id nor values; give it one", what)
	}
}

func (p *parser) decodeVersioned(k *Kind, n *yaml.Node, what string) {
	t := p.scalarType(k, n, what)
	if t != nil && t.Text == TextValue {
		p.errorf(at(deref(n)), "%s: a version can't be one of a closed set, because each change needs a new one; write a type like int64", what)
	}
	k.Version = &Param{Name: "version", Type: t, pos: at(n)}
}
