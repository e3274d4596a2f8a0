package schema

import (
	"cmp"
	"fmt"
	"slices"
)

// Declared is a name that another file of the generated package declares
// outside of functions. The name of a method or field is Type.Name.
type Declared struct {
	Name         string
	File         string // as diagnostics show it
	Line, Column int
	// Certain reports whether the file was written by hand and belongs to a
	// build, so that declaring the name again is an error.
	Certain bool
}

// String returns the place of the declaration.
func (d *Declared) String() string { return fmt.Sprintf("%s:%d", d.File, d.Line) }

// others are the names that the other files of the generated package declare.
type others map[string]*Declared

func newOthers(all []Declared) others {
	set := others{}
	for i := range all {
		d := &all[i]
		if old := set[d.Name]; old == nil || d.Certain && !old.Certain {
			set[d.Name] = d
		}
	}
	return set
}

// certain returns the declaration that a generated one would clash with,
// or nil.
func (o others) certain(name string) *Declared {
	if d := o[name]; d != nil && d.Certain {
		return d
	}
	return nil
}

// checkPredeclared reports predeclared identifiers of Go that the generated
// file needs and that the package's other files redeclare.
func (p *parser) checkPredeclared() {
	var hidden []*Declared
	for name := range p.predeclared() {
		if d := p.others.certain(name); d != nil {
			hidden = append(hidden, d)
		}
	}
	slices.SortFunc(hidden, func(a, b *Declared) int { return cmp.Compare(a.Name, b.Name) })
	for _, d := range hidden {
		p.problems = append(p.problems, &Problem{
			File: d.File, Line: d.Line, Column: d.Column,
			Msg: fmt.Sprintf("%s hides Go's own %[1]s, which the generated file of this package needs; rename it", d.Name),
		})
	}
}

// predeclared returns the predeclared identifiers that the generated file uses.
func (p *parser) predeclared() map[string]bool {
	used := map[string]bool{"error": true} // every InvalidateX returns one
	for _, k := range p.file.Kinds {
		if k.Values != nil {
			used["string"] = true
		}
		for _, param := range append(slices.Clip(k.Params), k.Version) {
			if param == nil || param.Type == nil {
				continue
			}
			switch t := param.Type; t.Text {
			case TextString:
				used["string"] = true
			case TextInt:
				used[t.Basic] = true
				if t.Basic != "int" {
					used["int64"] = true
				}
			case TextUint:
				used[t.Basic] = true
				used["uint64"] = true
			case TextMarshal, TextStringer:
				used["nil"] = true
			}
		}
	}
	return used
}
