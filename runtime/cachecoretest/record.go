package cachecoretest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/depgen/depgen/runtime/cachecore"
)

// testingT is the part of testing.TB that this package uses, so that its tests
// can observe a failed assertion.
type testingT interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// record contains the invalidations and requests that went through a Recorder,
// or through a Gateway for one tenant, and the assertions on them. It is safe
// for concurrent use.
type record struct {
	tb testingT
	// others lists the tenants that have other records, for messages. It is nil
	// for a Recorder, which has no tenants.
	others func() string
	// unused returns the reason why a missing dep is no evidence, or "" if it
	// is evidence.
	unused func() string

	mu          sync.Mutex
	invalidated []cachecore.Dep
	tagged      [][]cachecore.Dep // of each request, in the order of arrival
}

// Invalidated returns the deps that were invalidated, in order, with
// repetitions.
func (r *record) Invalidated() []cachecore.Dep {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.invalidated)
}

// RequireInvalidated fails the test immediately unless each of deps and all
// their wholes were invalidated. A versioned dep must have been invalidated
// with its version; an unversioned one matches any version.
func (r *record) RequireInvalidated(deps ...cachecore.Dep) {
	r.tb.Helper()
	if !r.checkArguments("RequireInvalidated", deps) {
		return
	}
	got := r.Invalidated()
	var missing []cachecore.Dep
	for _, want := range cachecore.Expand(deps...) {
		if !slices.ContainsFunc(got, func(d cachecore.Dep) bool { return isInvalidated(want, d) }) {
			missing = append(missing, want)
		}
	}
	if len(missing) > 0 {
		r.tb.Fatalf("cachecoretest: not invalidated: %s; invalidated were: %s%s", list(missing), list(got), r.seenOfOthers())
	}
}

// RequireNotInvalidated fails the test immediately if one of deps was
// invalidated, in any version: an invalidation drops the answers of all
// versions. Without arguments, it fails if any dep was invalidated.
func (r *record) RequireNotInvalidated(deps ...cachecore.Dep) {
	r.tb.Helper()
	if len(deps) > 0 && !r.checkArguments("RequireNotInvalidated", deps) {
		return
	}
	if r.unused != nil {
		if why := r.unused(); why != "" {
			r.tb.Fatalf("cachecoretest: RequireNotInvalidated proves nothing: %s", why)
			return
		}
	}
	got := r.Invalidated()
	if len(deps) == 0 && len(got) > 0 {
		r.tb.Fatalf("cachecoretest: nothing should be invalidated; invalidated were: %s", list(got))
	}
	var wrong []cachecore.Dep
	for _, unwanted := range deps {
		if slices.ContainsFunc(got, func(d cachecore.Dep) bool { return d.ID() == unwanted.ID() }) {
			wrong = append(wrong, unwanted)
		}
	}
	if len(wrong) > 0 {
		r.tb.Fatalf("cachecoretest: invalidated: %s; invalidated were: %s", list(wrong), list(got))
	}
}

// RequireTagged fails the test immediately unless one request carried all of
// deps, with their hashes and their groups.
func (r *record) RequireTagged(deps ...cachecore.Dep) {
	r.tb.Helper()
	if !r.checkArguments("RequireTagged", deps) {
		return
	}
	want, err := carried(deps)
	if err != nil {
		r.tb.Fatalf("cachecoretest: no request can carry %s: %v", list(deps), err)
		return
	}
	r.mu.Lock()
	tagged := slices.Clone(r.tagged)
	r.mu.Unlock()
	for _, got := range tagged {
		if carriesAll(got, want) {
			return
		}
	}
	lines := make([]string, len(tagged))
	for i, got := range tagged {
		lines[i] = fmt.Sprintf("\n\trequest %d: %s", i+1, list(got))
	}
	r.tb.Fatalf("cachecoretest: of %d requests, none was tagged with all of: %s%s%s", len(tagged), list(want), r.seenOfOthers(), strings.Join(lines, ""))
}

// checkArguments fails the test if an assertion has no dep, or an invalid one.
func (r *record) checkArguments(assertion string, deps []cachecore.Dep) bool {
	r.tb.Helper()
	if len(deps) == 0 {
		r.tb.Fatalf("cachecoretest: %s names no dep; name those that it is about", assertion)
		return false
	}
	for _, d := range cachecore.Expand(deps...) {
		if err := d.Err(); err != nil {
			r.tb.Fatalf("cachecoretest: %s names an invalid dep, which is neither sent nor invalidated: %v", assertion, err)
			return false
		}
	}
	return true
}

func (r *record) seenOfOthers() string {
	if r.others == nil {
		return ""
	}
	return r.others()
}

func carriesAll(got, want []cachecore.Dep) bool {
	for _, w := range want {
		if !slices.ContainsFunc(got, func(d cachecore.Dep) bool { return d.ID() == w.ID() && d.Hash() == w.Hash() }) {
			return false
		}
	}
	return true
}

func (r *record) addInvalidated(deps ...cachecore.Dep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.invalidated = append(r.invalidated, deps...)
}

// requests returns the number of requests.
func (r *record) requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.tagged)
}

func (r *record) addTagged(deps []cachecore.Dep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tagged = append(r.tagged, deps)
}

// isInvalidated reports whether got has the wanted id, and also the wanted
// version if want has a version.
func isInvalidated(want, got cachecore.Dep) bool {
	return want.ID() == got.ID() && (!want.Versioned() || got.Versioned() && want.Hash() == got.Hash())
}

func list(deps []cachecore.Dep) string {
	if len(deps) == 0 {
		return "nothing"
	}
	names := make([]string, len(deps))
	for i, d := range deps {
		names[i] = d.ID()
		if d.Versioned() {
			names[i] += "@" + d.Hash()
		}
	}
	return strings.Join(names, ", ")
}

// newDep returns the dep that a request carried with the given id and hash. The
// version "v1" cannot be told from the default hash.
func newDep(id, hash string) cachecore.Dep {
	d := cachecore.NewDep(id)
	if hash != d.Hash() {
		d = d.WithHash(hash)
	}
	return d
}
