package cachecore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/depgen/depgen/internal/testenv"
	"github.com/depgen/depgen/runtime/cachecore"
)

// scopeVector is an element of testdata/wire/scope.json.
type scopeVector struct {
	Deps []wireDep
	More []string
	Text string
	Line string
}

func scopeVectors(t *testing.T) []scopeVector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "wire", "scope.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []scopeVector
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 10 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	return all
}

// deps returns the vector's deps. NewDep sets the default hash.
func (v scopeVector) deps() []cachecore.Dep {
	var deps []cachecore.Dep
	for _, d := range v.Deps {
		dep := cachecore.NewDep(d.ID)
		if d.Hash != "v1" {
			dep = dep.WithHash(d.Hash)
		}
		deps = append(deps, dep)
	}
	return deps
}

func TestScope_MatchesTheVectors(t *testing.T) {
	t.Parallel()
	for _, v := range scopeVectors(t) {
		deps := v.deps()
		for range 2 {
			if got := cachecore.Scope(cachecore.WithDeps(t.Context(), deps...), v.More...); got != v.Line {
				t.Errorf("%s: got %s, want %s", v.Text, got, v.Line)
			}
			slices.Reverse(deps)
		}
	}
}

// printScopes prints a line that depends on everything that Scope hashes.
func printScopes(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, v := range scopeVectors(t) {
		fmt.Fprintln(&out, cachecore.Scope(cachecore.WithDeps(t.Context(), v.deps()...), v.More...))
	}
	return out.String()
}

const scopeProcess = "CACHECORE_TEST_SCOPES"

// Other tests run this one in other processes.
func TestScope_Itself(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(scopeProcess); path != "" {
		if err := os.WriteFile(path, []byte(printScopes(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// requireSameScopes compares the lines of this process with those of a test
// binary.
func requireSameScopes(t *testing.T, binary string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scopes")
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^TestScope_Itself$")
	cmd.Env = append(os.Environ(), scopeProcess+"="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := printScopes(t); string(got) != want {
		t.Errorf("the other process prints\n%s\nwant\n%s", got, want)
	}
	return nil
}

func TestScope_IsTheSameInEveryProcess(t *testing.T) {
	t.Parallel()
	if err := requireSameScopes(t, os.Args[0]); err != nil {
		t.Error(err)
	}
}

func TestScope_IsTheSameOn32Bits(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "cachecore.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOARCH=386", "GOOS="+runtime.GOOS, "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		testenv.Missing(t, "a build for 386", fmt.Errorf("%w: %s", err, out))
	}
	if err := requireSameScopes(t, binary); err != nil {
		testenv.Missing(t, "a machine that runs programs for 386", err)
	}
}

func TestScope_HasNoLineWithoutDepsAndMore(t *testing.T) {
	t.Parallel()
	for name, ctx := range map[string]context.Context{
		"plain": t.Context(), "tracked": cachecore.Track(t.Context()), "empty list": cachecore.WithDeps(t.Context()),
	} {
		if line := cachecore.Scope(ctx); line != "" {
			t.Errorf("%s: got %s", name, line)
		}
		if a, b := cachecore.Scope(ctx, "more"), cachecore.Scope(t.Context(), "more"); a != b || a == "" {
			t.Errorf("%s: got %q and %q", name, a, b)
		}
	}
}

// The same deps have the same line however they are declared.
func TestScope_DependsOnTheSetOnly(t *testing.T) {
	t.Parallel()
	table, user := cachecore.NewDep("table:docs"), cachecore.NewDep("user:7")
	a, b := cachecore.NewDep("doc:a").PartOf(table), cachecore.NewDep("sku:b").WithHash("4")
	c := cachecore.NewDep("note:c").GroupedBy(user)
	tracked := func(ctx context.Context, deps ...cachecore.Dep) context.Context {
		ctx = cachecore.Track(ctx)
		for _, d := range deps {
			cachecore.Use(ctx, d)
		}
		return ctx
	}
	want := cachecore.Scope(cachecore.WithDeps(t.Context(), a, b, c))
	if !regexp.MustCompile(`^\[cache scope [0-9a-hjkmnp-tv-z]{16}\]$`).MatchString(want) {
		t.Errorf("the line is %q", want)
	}
	for name, ctx := range map[string]context.Context{
		"again":                  cachecore.WithDeps(t.Context(), a, b, c),
		"another order":          cachecore.WithDeps(t.Context(), c, a, b),
		"twice":                  cachecore.WithDeps(t.Context(), a, b, a, c, b),
		"in nested contexts":     cachecore.WithDeps(cachecore.WithDeps(t.Context(), c), b, a),
		"the group too":          cachecore.WithDeps(t.Context(), user, a, b, c),
		"tracked":                tracked(t.Context(), b, c, a),
		"tracked and declared":   cachecore.WithDeps(tracked(t.Context(), b), a, c),
		"declared, then tracked": tracked(cachecore.WithDeps(t.Context(), a, c), b, c),
		"nested tracks":          tracked(tracked(t.Context(), c), a, b),
		"without relations":      cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:a"), b, cachecore.NewDep("note:c"), user),
		"inside a transaction":   cachecore.WithInvalidator(cachecore.WithDeps(t.Context(), a, b, c), cachecore.NewBatch()),
		"bypass":                 cachecore.WithBypass(cachecore.WithDeps(t.Context(), a, b, c)),
	} {
		for range 2 {
			if got := cachecore.Scope(ctx); got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
		if got, want := cachecore.Scope(ctx, "x", "y"), cachecore.Scope(cachecore.WithDeps(t.Context(), a, b, c), "x", "y"); got != want {
			t.Errorf("%s, with more: got %s, want %s", name, got, want)
		}
	}
}

func TestScope_TellsDataApart(t *testing.T) {
	t.Parallel()
	doc, sku := cachecore.NewDep("doc:a"), cachecore.NewDep("sku:b")
	lines := map[string]string{}
	add := func(name string, deps []cachecore.Dep, more ...string) {
		t.Helper()
		line := cachecore.Scope(cachecore.WithDeps(t.Context(), deps...), more...)
		if other, again := lines[line]; again {
			t.Errorf("%s and %s have the same line %q", name, other, line)
		}
		lines[line] = name
	}
	add("nothing", nil)
	add("a dep", []cachecore.Dep{doc})
	add("another dep", []cachecore.Dep{sku})
	add("both", []cachecore.Dep{doc, sku})
	add("a version", []cachecore.Dep{doc.WithHash("1")})
	add("another version", []cachecore.Dep{doc.WithHash("2")})
	add("a group", []cachecore.Dep{doc.GroupedBy(sku.WithHash("9"))})
	add("more", []cachecore.Dep{doc}, "doc:a")
	add("two more", []cachecore.Dep{doc}, "doc", ":a")
	add("two more, another order", []cachecore.Dep{doc}, ":a", "doc")
	add("more without deps", nil, "doc:a")
	add("an id as more", nil, "doc:a", "v1")
	add("empty more", []cachecore.Dep{doc}, "")
}

// A header has room for the table only, but the documents still count.
func TestScope_IsThatOfTheDepsBeforeCoarsening(t *testing.T) {
	t.Parallel()
	table := cachecore.NewDep("table:docs")
	all, fewer := cachecore.WithDeps(t.Context(), numbered("doc", 400, table)...), cachecore.WithDeps(t.Context(), numbered("doc", 399, table)...)
	a, b := idsOf(t, sentWith(all, t)), idsOf(t, sentWith(fewer, t))
	if len(a) != 1 || !reflect.DeepEqual(a, b) {
		t.Fatalf("sent are %v and %v, want the table in both", a, b)
	}
	if cachecore.Scope(all) == cachecore.Scope(fewer) {
		t.Error("400 documents have the line of 399")
	}
}

func TestScope_FollowsTrack(t *testing.T) {
	t.Parallel()
	ctx := cachecore.Track(t.Context())
	doc, sku := cachecore.NewDep("doc:a"), cachecore.NewDep("sku:b")
	cachecore.Use(ctx, doc)
	first := cachecore.Scope(ctx)
	cachecore.Use(ctx, doc)
	if again := cachecore.Scope(ctx); again != first {
		t.Errorf("the line became %s, was %s", again, first)
	}
	cachecore.Use(ctx, sku)
	if got, want := cachecore.Scope(ctx), cachecore.Scope(cachecore.WithDeps(t.Context(), sku, doc)); got != want || got == first {
		t.Errorf("after another read: got %s, want %s", got, want)
	}
}

// Errors do not tell data apart: two documents may fail in the same way. So no
// two such lines are equal.
func TestScope_OfDepsThatCannotBeSentIsNeverShared(t *testing.T) {
	t.Parallel()
	doc := cachecore.NewDep("doc:1")
	for name, ctx := range map[string]context.Context{
		"invalid":            cachecore.WithDeps(t.Context(), cachecore.InvalidDep("doc", errors.New("no user"))),
		"invalid and valid":  cachecore.WithDeps(t.Context(), doc, cachecore.NewDep("")),
		"two hashes":         cachecore.WithDeps(t.Context(), doc.WithHash("1"), doc.WithHash("2")),
		"two hashes, nested": cachecore.WithDeps(cachecore.WithDeps(t.Context(), doc.WithHash("1")), doc.WithHash("2")),
		"zero value":         cachecore.WithDeps(t.Context(), cachecore.Dep{}),
	} {
		seen := map[string]bool{cachecore.Scope(cachecore.WithDeps(t.Context(), doc)): true}
		for _, more := range [][]string{nil, nil, {"x"}, {"x"}} {
			line := cachecore.Scope(ctx, more...)
			if seen[line] || len(line) != len("[cache scope ]")+16 {
				t.Errorf("%s: %q is shared, or no line", name, line)
			}
			seen[line] = true
		}
	}
}

func TestScope_IsCalledFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	ctx := cachecore.WithDeps(cachecore.Track(t.Context()), numbered("doc", 5)...)
	cachecore.Use(ctx, cachecore.NewDep("sku:1"))
	want := cachecore.Scope(cachecore.WithDeps(ctx))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got := cachecore.Scope(ctx); got != want || cachecore.Scope(ctx, "x") == want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	wg.Wait()
}

// Allocations are counted for the whole process, so this test runs alone.
func TestScope_AllocatesLittle(t *testing.T) { //nolint:paralleltest // see above
	deps := numbered("doc", 5)
	ctx := cachecore.WithDeps(context.Background(), deps...)
	tracked := cachecore.WithDeps(cachecore.Track(context.Background()), cachecore.NewDep("sku:1"))
	cachecore.Use(tracked, deps...)
	for name, tt := range map[string]struct {
		f    func()
		most float64
	}{
		"kept":              {func() { cachecore.Scope(ctx) }, 0},
		"kept, tracked":     {func() { cachecore.Scope(tracked) }, 0},
		"more":              {func() { cachecore.Scope(ctx, "notice period") }, 1},
		"more without deps": {func() { cachecore.Scope(context.Background(), "notice period") }, 2},
	} {
		if n := testing.AllocsPerRun(200, tt.f); n > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", name, n, tt.most)
		}
	}
	declare := testing.AllocsPerRun(200, func() { cachecore.WithDeps(context.Background(), deps...) })
	first := testing.AllocsPerRun(200, func() { cachecore.Scope(cachecore.WithDeps(context.Background(), deps...)) })
	if first > declare+2 {
		t.Errorf("the first call: %v allocations more, want at most 2", first-declare)
	}
}
