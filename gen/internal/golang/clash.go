package golang

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"github.com/depgen/depgen/gen/internal/gotypes"
)

// checkClashes reports exported names that the package would declare twice.
func (r *resolver) checkClashes(pkg *scope) {
	for _, k := range r.out.kinds {
		if k.typeName == "" { // its name is wrong, and reported
			continue
		}
		names := []string{k.dep, k.use, k.invalidate}
		if k.Values != nil {
			// The type also has a field and a method.
			names = append(names, k.typeName, k.typeName+".value", k.typeName+".String")
		}
		r.declare(pkg, &owner{what: fmt.Sprintf("kind %q", k.Name), pos: k.Pos, fix: "rename one"}, names...)
		for i, v := range k.Values {
			if name := k.values[i]; name != "" {
				r.declare(pkg, &owner{what: fmt.Sprintf("value %q of kind %q", v.Text, k.Name), pos: v.Pos, fix: v.NameFix()}, name)
			}
		}
		for _, t := range k.newTypes {
			r.declare(pkg, &owner{what: fmt.Sprintf("named type %q", t.of.Named), pos: t.of.Pos,
				fix: "rename one, or use an existing type as {go: import/path.Type}"}, t.of.Named)
		}
	}
	for _, t := range r.out.schema.GoTypes() {
		found, first := r.types[t], pkg.names[t.Go.Name]
		if found.path != "" || found.name == "" || first != nil && first.elsewhere { // that is the type itself
			continue
		}
		r.declare(pkg, &owner{what: fmt.Sprintf("Go type %q", t.Go.Name), pos: t.Pos, fix: "rename one"}, t.Go.Name)
	}
}

// declare claims the names that come from o. It reports at most one that
// is taken.
func (r *resolver) declare(pkg *scope, o *owner, names ...string) {
	for _, name := range names {
		first := pkg.claim(name, o)
		if first == nil {
			continue
		}
		if first.elsewhere {
			r.errorf(o.pos, "%s: its Go name %s is also declared in %s:%d; %s", o.what, name, first.pos.Filename, first.pos.Line, o.fix)
			return
		}
		later := o
		if before(later, first) {
			first, later = later, first
		}
		r.errorf(later.pos, "%s: its Go name %s is also that of %s on line %d; %s",
			later.what, name, first.what, first.pos.Line, later.fix)
		return
	}
}

func before(a, b *owner) bool {
	return cmp.Or(cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.pos.Column, b.pos.Column)) < 0
}

// nameImports names the packages that the file may import.
func (r *resolver) nameImports(file *scope) {
	seen := map[string]bool{}
	add := func(path, pkg string) {
		seen[path] = true
		r.out.imports = append(r.out.imports, imported{path, pkg, file.claimFirst(pkg, &owner{})})
	}
	for _, fixed := range []string{contextPath, runtimePath, uuidPath, strconvPath} {
		name := path.Base(fixed)
		add(fixed, name)
		// No parameter gets that name either, or its name would depend on the
		// package's other files.
		file.names[name] = &owner{}
	}
	for _, t := range r.out.schema.GoTypes() {
		if found := r.types[t]; found.path != "" && !seen[found.path] {
			add(found.path, found.pkg)
		}
	}
}

// checkPredeclared reports predeclared identifiers of Go that the generated
// file needs and that the package's other files redeclare.
func (r *resolver) checkPredeclared(folder *gotypes.Folder) {
	used := r.predeclared()
	hidden := slices.DeleteFunc(slices.Clone(folder.Declared), func(d gotypes.Declared) bool { return !d.Certain || !used[d.Name] })
	slices.SortStableFunc(hidden, func(a, b gotypes.Declared) int { return cmp.Compare(a.Name, b.Name) })
	hidden = slices.CompactFunc(hidden, func(a, b gotypes.Declared) bool { return a.Name == b.Name })
	for _, d := range hidden {
		r.errorf(d.Pos, "%s hides Go's own %[1]s, which the generated file of this package needs; rename it", d.Name)
	}
}

// predeclared returns the predeclared identifiers that the generated file uses.
func (r *resolver) predeclared() map[string]bool {
	used := map[string]bool{"error": true} // every InvalidateX returns one
	for _, k := range r.out.kinds {
		if k.Values != nil {
			used["string"] = true
		}
		for _, p := range k.allParams() {
			if p.typ == nil {
				continue
			}
			switch t := p.typ; t.text {
			case gotypes.TextString:
				used["string"] = true
			case gotypes.TextInt:
				used[t.basic] = true
				if t.basic != "int" {
					used["int64"] = true
				}
			case gotypes.TextUint:
				used[t.basic] = true
				used["uint64"] = true
			case gotypes.TextMarshal, gotypes.TextStringer:
				used["nil"] = true
			}
		}
	}
	return used
}
