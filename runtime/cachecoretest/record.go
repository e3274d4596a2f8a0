package cachecoretest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/depgen/depgen/runtime/cachecore"
)

// testingT is the part of testing.TB that is used, so that tests of this package
// can see an assertion fail.
type testingT interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// record is what went through a Recorder or a Gateway, and the assertions on it.
// It is safe for concurrent use.
type record struct {
	tb testingT

	mu          sync.Mutex
	invalidated []cachecore.Dep
	tagged      [][]cachecore.Dep // of each request, in the order of arrival
	degraded    []error
}

// Invalidated returns the deps that were invalidated, in order, with repetitions.
func (r *record) Invalidated() []cachecore.Dep {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.invalidated)
}

// RequireInvalidated fails the test now unless each of deps was invalidated, and
// what it is part of too. The hash counts for versioned deps only.
func (r *record) RequireInvalidated(deps ...cachecore.Dep) {
	r.tb.Helper()
	if len(deps) == 0 {
		r.tb.Fatalf("cachecoretest: RequireInvalidated names no dep: name those that have to be invalidated")
	}
	got := r.Invalidated()
	var missing []cachecore.Dep
	for _, want := range cachecore.Expand(deps...) {
		if !slices.ContainsFunc(got, func(d cachecore.Dep) bool { return sameData(want, d) }) {
			missing = append(missing, want)
		}
	}
	if len(missing) > 0 {
		r.tb.Fatalf("cachecoretest: not invalidated: %s; invalidated were: %s", list(missing), list(got))
	}
}

// RequireNotInvalidated fails the test now if one of deps was invalidated. With
// no arguments, it fails if anything was.
func (r *record) RequireNotInvalidated(deps ...cachecore.Dep) {
	r.tb.Helper()
	got := r.Invalidated()
	if len(deps) == 0 && len(got) > 0 {
		r.tb.Fatalf("cachecoretest: nothing should be invalidated; invalidated were: %s", list(got))
	}
	var wrong []cachecore.Dep
	for _, unwanted := range deps {
		if slices.ContainsFunc(got, func(d cachecore.Dep) bool { return sameData(unwanted, d) }) {
			wrong = append(wrong, unwanted)
		}
	}
	if len(wrong) > 0 {
		r.tb.Fatalf("cachecoretest: invalidated: %s; invalidated were: %s", list(wrong), list(got))
	}
}

// RequireTagged fails the test now unless one request carried all of deps, with
// their hashes.
func (r *record) RequireTagged(deps ...cachecore.Dep) {
	r.tb.Helper()
	if len(deps) == 0 {
		r.tb.Fatalf("cachecoretest: RequireTagged names no dep: name those that a request has to carry")
	}
	r.mu.Lock()
	tagged := slices.Clone(r.tagged)
	r.mu.Unlock()
	for _, got := range tagged {
		if carriesAll(got, deps) {
			return
		}
	}
	lines := make([]string, len(tagged))
	for i, got := range tagged {
		lines[i] = fmt.Sprintf("\n\trequest %d: %s", i+1, list(got))
	}
	r.tb.Fatalf("cachecoretest: of %d requests, none was tagged with all of: %s%s", len(tagged), list(deps), strings.Join(lines, ""))
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

func (r *record) addTagged(deps []cachecore.Dep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tagged = append(r.tagged, deps)
}

func (r *record) addDegraded(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.degraded = append(r.degraded, err)
}

// reportDegraded fails the test for each degraded request. It runs when the test
// ends, not when they are sent: that may be in a goroutine that outlives the test.
func (r *record) reportDegraded() {
	r.tb.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range r.degraded {
		r.tb.Errorf("cachecoretest: a request was sent uncached although it declares deps: %v; give AllowDegraded if the test means it", err)
	}
}

// sameData reports whether got is the wanted dep: by id, and for a versioned one by hash.
func sameData(want, got cachecore.Dep) bool {
	return want.ID() == got.ID() && (want.Hash() == defaultHash || want.Hash() == got.Hash())
}

// defaultHash is what a dep carries that is not versioned.
var defaultHash = cachecore.NewDep("any").Hash()

func list(deps []cachecore.Dep) string {
	if len(deps) == 0 {
		return "nothing"
	}
	names := make([]string, len(deps))
	for i, d := range deps {
		names[i] = d.ID()
		if d.Hash() != defaultHash {
			names[i] += "@" + d.Hash()
		}
	}
	return strings.Join(names, ", ")
}

// newDep returns the dep that arrived with the given id and hash.
func newDep(id, hash string) cachecore.Dep {
	d := cachecore.NewDep(id)
	if hash != d.Hash() {
		d = d.WithHash(hash)
	}
	return d
}
