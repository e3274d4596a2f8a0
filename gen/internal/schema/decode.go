package schema

import "gopkg.in/yaml.v3"

const supportedVersion = "1"

var topKeys = []string{"version", "package", "kinds"}

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
			p.errorf(p.at(root), "the key %s is missing; %s", key, missing[key])
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
		p.errorf(p.at(n), "version must be the number %s, not %s; write \"version: %[1]s\"", supportedVersion, got)
	case n.Value != supportedVersion:
		p.errorf(p.at(n), "version %s is not known: this depgen reads version %s; write that, or update depgen",
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
	p.file.Package, p.file.PackagePos = name, p.at(deref(n))
	if err := CheckPackage(name); err != nil {
		p.errorf(p.file.PackagePos, "%s", err)
	}
}

func (p *parser) decodeKinds(n *yaml.Node) {
	problems := len(p.problems)
	pairs := p.mapping(n, "kinds", `write a kind below it, like "doc: {id: string}"`)
	if len(pairs) == 0 && len(p.problems) == problems {
		p.errorf(p.at(deref(n)), "kinds is empty; name at least one kind of data")
	}
	for _, e := range pairs {
		p.sets[e.key] = hasValues(e.value)
	}
	for _, e := range pairs {
		if !validName(e.key) {
			p.errorf(e.pos, "kind %q: a name is made of a-z, 0-9 and _, begins with a letter, and has at most %d characters",
				e.key, maxName)
		}
		k := &Kind{Name: e.key, Prefix: e.key, Pos: e.pos}
		p.kinds[k.Name] = k
		p.file.Kinds = append(p.file.Kinds, k)
		p.decodeKind(k, e.value)
	}
	p.checkPrefixes()
}

// hasValues reports whether the mapping of a kind has the key values. The other
// kinds need to know before it is read.
func hasValues(n *yaml.Node) bool {
	n = deref(n)
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i].Value == "values" {
			return true
		}
	}
	return false
}
