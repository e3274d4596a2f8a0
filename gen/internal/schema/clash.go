package schema

import "fmt"

// owner is the part of the schema that an exported Go name comes from.
type owner struct {
	what string
	pos  pos
	fix  string // the advice if another part has the same name
}

// checkClashes reports Go names that the generated file would declare twice. It
// returns the names that the file declares.
func (p *parser) checkClashes() map[string]owner {
	declared := map[string]owner{}
	for _, k := range p.file.Kinds {
		if k.GoName == "" { // its name is wrong, and reported
			continue
		}
		names := []string{"Dep" + k.GoName, "Use" + k.GoName, "Invalidate" + k.GoName}
		if k.Values != nil {
			// The type also has a field and a method.
			names = append(names, k.GoName, k.GoName+".value", k.GoName+".String")
		}
		p.declare(declared, owner{fmt.Sprintf("kind %q", k.Name), k.pos, "rename one"}, names...)
		for _, v := range k.Values {
			if v.GoName == "" {
				continue
			}
			p.declare(declared, owner{fmt.Sprintf("value %q of kind %q", v.Text, k.Name), v.pos, v.nameFix()}, v.GoName)
		}
		for _, t := range k.NewTypes {
			p.declare(declared, owner{fmt.Sprintf("named type %q", t.Name), t.pos, "rename one, or use an existing type as {go: import/path.Type}"}, t.Name)
		}
	}
	for _, name := range p.goOrder {
		if t := p.goTypes[name]; t.Import == "" { // the generated package already declares it
			delete(p.others, t.Name)
			p.declare(declared, owner{fmt.Sprintf("Go type %q", t.Name), t.pos, "rename one"}, t.Name)
		}
	}
	return declared
}

// declare records the names that come from o. It reports at most one that
// is taken.
func (p *parser) declare(declared map[string]owner, o owner, names ...string) {
	for _, name := range names {
		if d := p.others.certain(name); d != nil {
			p.errorf(o.pos, "%s: its Go name %s is also declared in %s; %s", o.what, name, d, o.fix)
			return
		}
		first, taken := declared[name]
		if !taken {
			declared[name] = o
			continue
		}
		later := o
		if later.pos.before(first.pos) {
			first, later = later, first
		}
		p.errorf(later.pos, "%s: its Go name %s is also that of %s on line %d; %s",
			later.what, name, first.what, first.pos.line, later.fix)
		return
	}
}
