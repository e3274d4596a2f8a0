package cachecore

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Dep identifies one piece of data that a cached answer can depend on. It has
// an id such as "doc:contract-123" and a hash, the version of the data. A Dep
// is immutable: WithHash, PartOf and GroupedBy return a changed copy.
//
// Generated functions return deps. [NewDep] makes one by hand.
type Dep struct {
	id        string
	hash      string
	versioned bool
	err       error
	relations *relations
}

type relations struct{ wholes, groups []Dep }

// NewDep returns the dep with the given id and the hash "v1". The id is a
// prefix, a colon and the name of the data. The dep is invalid if the id is
// empty, is not valid UTF-8, ends at its first colon or is longer than 4,096
// bytes: see [Dep.Err].
func NewDep(id string) Dep {
	d := Dep{id: id, hash: wire.DefaultHash}
	switch prefix, rest, found := strings.Cut(id, ":"); {
	case id == "" || found && rest == "":
		d.err = fmt.Errorf("dep %s has an empty id; give it the id of the data", quote(id))
	case found && prefix == "":
		d.err = fmt.Errorf("dep %s has no prefix; write it as kind:id", quote(id))
	case len(id) > wire.MaxID:
		d.err = fmt.Errorf("dep %s has an id of %d bytes, more than %d; use a hash of the id", quote(id), len(id), wire.MaxID)
	case !utf8.ValidString(id):
		d.err = fmt.Errorf("dep %s is not valid UTF-8", quote(id))
	}
	return d
}

// maxShown limits how much of an id an error quotes, in bytes.
const maxShown = 200

// quote quotes an id for an error.
func quote(id string) string {
	if len(id) > maxShown {
		return strconv.Quote(id[:maxShown]) + "…"
	}
	return strconv.Quote(id)
}

// NewCompositeDep returns the dep whose id is the prefix, a colon and the parts
// joined by "/". Inside a part, "%" is written "%25" and "/" is written "%2F",
// so different parts always have different ids. The dep is invalid if a part is
// empty or is not valid UTF-8.
func NewCompositeDep(prefix string, parts ...string) Dep {
	d := NewDep(wire.ID(prefix, parts...))
	if d.err == nil && slices.Contains(parts, "") {
		d.err = fmt.Errorf("dep %s has an empty part; give it the whole id of the data", quote(d.id))
	}
	return d
}

// InvalidDep returns an invalid dep for data whose id could not be written
// because of err. A request that carries it is sent uncached, and invalidating
// it returns the error.
func InvalidDep(prefix string, err error) Dep {
	if err == nil {
		err = errors.New("no reason given")
	}
	return Dep{id: prefix + ":", hash: wire.DefaultHash, err: fmt.Errorf("dep of kind %q has no id: %w", prefix, err)}
}

// WithHash returns the dep with the given version of its data. In a request, it
// is the version that the answer is made from; in an invalidation, it is the
// new version. The dep is invalid if the hash is empty, is not valid UTF-8 or
// is longer than 1,024 bytes.
func (d Dep) WithHash(hash string) Dep {
	d.hash, d.versioned = hash, true
	switch {
	case d.err != nil:
	case hash == "":
		d.err = fmt.Errorf("dep %s has an empty hash; give it the version of the data", quote(d.id))
	case len(hash) > wire.MaxHash:
		d.err = fmt.Errorf("dep %s has a hash of %d bytes, more than %d; use a hash of the version", quote(d.id), len(hash), wire.MaxHash)
	case !utf8.ValidString(hash):
		d.err = fmt.Errorf("dep %s has a hash that is not valid UTF-8", quote(d.id))
	}
	return d
}

// PartOf returns the dep as a part of wholes. Invalidating it also invalidates
// the wholes, and their own wholes in turn.
func (d Dep) PartOf(wholes ...Dep) Dep {
	r := d.related()
	r.wholes = slices.Concat(r.wholes, wholes)
	d.relations = &r
	return d
}

// GroupedBy returns the dep as a member of groups. A request that carries it
// also carries the groups, and their own groups in turn. So invalidating a
// group drops the answers made from any of its members.
func (d Dep) GroupedBy(groups ...Dep) Dep {
	r := d.related()
	r.groups = slices.Concat(r.groups, groups)
	d.relations = &r
	return d
}

// ungrouped returns the dep without its groups.
func (d Dep) ungrouped() Dep {
	if d.relations != nil && len(d.relations.groups) > 0 {
		d.relations = &relations{wholes: d.relations.wholes}
	}
	return d
}

func (d Dep) related() relations {
	if d.relations == nil {
		return relations{}
	}
	return *d.relations
}

// ID returns the id in the form that is sent, for example "doc:contract-123".
func (d Dep) ID() string { return d.id }

// Hash returns the version of the data, or "v1" if it has no version. A version
// may itself be "v1": [Dep.Versioned] tells the two apart.
func (d Dep) Hash() string { return d.hash }

// Versioned reports whether the dep has a version of its data, set by
// [Dep.WithHash].
func (d Dep) Versioned() bool { return d.versioned }

// Err returns the reason why the dep can be neither sent nor invalidated, or
// nil if it is valid.
func (d Dep) Err() error {
	if d.err == nil && d.id == "" {
		return errors.New("dep is the zero value; make it with a generated function or NewDep")
	}
	return d.err
}

// String returns the id.
func (d Dep) String() string { return d.id }

// Expand returns the deps followed by all their wholes, each id once, in that
// order. If an id is given with several versions, the last one counts.
// Implementations of [Invalidator] call it on their arguments.
func Expand(deps ...Dep) []Dep {
	return walk(deps, func(r *relations) []Dep { return r.wholes }, func(have *Dep, d Dep) {
		if have.err == nil && (d.versioned || d.err != nil) {
			*have = d
		}
	})
}

// walk lists the deps, each followed by the deps that next returns for it,
// recursively. It lists each id once: for each further dep with a listed id, it
// calls again.
func walk(deps []Dep, next func(*relations) []Dep, again func(have *Dep, d Dep)) []Dep {
	out := make([]Dep, 0, len(deps))
	at := make(map[string]int, len(deps))
	var visit func([]Dep)
	visit = func(deps []Dep) {
		for _, d := range deps {
			var known *relations
			if i, seen := at[d.id]; seen {
				known = out[i].relations
				again(&out[i], d)
				// A dep made by hand does not know the relations of the
				// generated one.
				out[i].relations = cmp.Or(known, d.relations)
			} else {
				at[d.id] = len(out)
				out = append(out, d)
			}
			if d.relations != nil && d.relations != known {
				visit(next(d.relations))
			}
		}
	}
	visit(deps)
	return out
}
