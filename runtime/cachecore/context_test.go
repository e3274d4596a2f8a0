package cachecore_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestWithDeps(t *testing.T) {
	t.Parallel()
	a, b, c := cachecore.NewDep("a"), cachecore.NewDep("b"), cachecore.NewDep("c")
	team := cachecore.NewDep("team:1").GroupedBy(cachecore.NewDep("org:1"))
	tests := []struct {
		name string
		ctx  context.Context
		want []string
	}{
		{"order declared", cachecore.WithDeps(t.Context(), b, a, c), []string{"b", "a", "c"}},
		{"once each", cachecore.WithDeps(t.Context(), b, a, b, a), []string{"b", "a"}},
		{"nested adds up", cachecore.WithDeps(cachecore.WithDeps(t.Context(), b), a, b), []string{"b", "a"}},
		{"nested with nothing", cachecore.WithDeps(cachecore.WithDeps(t.Context(), b)), []string{"b"}},
		{"groups, transitive", cachecore.WithDeps(t.Context(), cachecore.NewDep("user:1").GroupedBy(team), a), []string{"user:1", "team:1", "org:1", "a"}},
		{"wholes are not sent", cachecore.WithDeps(t.Context(), cachecore.NewDep("doc:1").PartOf(a)), []string{"doc:1"}},
		{"group declared too", cachecore.WithDeps(t.Context(), team, cachecore.NewDep("user:1").GroupedBy(team)), []string{"team:1", "org:1", "user:1"}},
		{"recorded", used(t.Context(), a, b, a), []string{"a", "b"}},
		{"declared and recorded", used(cachecore.WithDeps(t.Context(), c), a, c), []string{"c", "a"}},
		{"used without a track", useless(t.Context(), a), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := idsOf(t, sentWith(tt.ctx, t)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("sent %v, want %v", got, tt.want)
			}
		})
	}
}

func useless(ctx context.Context, deps ...cachecore.Dep) context.Context {
	cachecore.Use(ctx, deps...)
	return ctx
}

// Contexts made from one parent must not write into a slice that they share,
// and neither must the caller's own slice reach in.
func TestWithDeps_NeverAliases(t *testing.T) {
	t.Parallel()
	given := make([]cachecore.Dep, 0, 16)
	given = append(given, cachecore.NewDep("shared:1"), cachecore.NewDep("shared:2"))
	parent := cachecore.WithDeps(t.Context(), given...)
	given[0] = cachecore.NewDep("changed")
	parentWant := []string{"shared:1", "shared:2"}

	var wg sync.WaitGroup
	for _, id := range []string{"own:1", "own:2", "own:3", "own:4"} {
		wg.Go(func() {
			child := cachecore.WithDeps(parent, cachecore.NewDep(id))
			want := append(append([]string(nil), parentWant...), id)
			if got := idsOf(t, sentWith(child, t)); !reflect.DeepEqual(got, want) {
				t.Errorf("child sent %v, want %v", got, want)
			}
		})
	}
	wg.Wait()
	if got := idsOf(t, sentWith(parent, t)); !reflect.DeepEqual(got, parentWant) {
		t.Errorf("parent sent %v, want %v", got, parentWant)
	}
}

func TestTrack_RecordsUntilTheRequest(t *testing.T) {
	t.Parallel()
	ctx := cachecore.Track(t.Context())
	for _, step := range []struct{ use, want string }{{"a", "a"}, {"b", "a b"}, {"a", "a b"}} {
		cachecore.Use(ctx, cachecore.NewDep(step.use))
		if got := strings.Join(idsOf(t, sentWith(ctx, t)), " "); got != step.want {
			t.Errorf("after %q the request carries %q, want %q", step.use, got, step.want)
		}
	}
}

func TestTrack_Nests(t *testing.T) {
	t.Parallel()
	outer := cachecore.Track(t.Context())
	cachecore.Use(outer, cachecore.NewDep("before"))
	left, right := cachecore.Track(outer), cachecore.Track(outer)
	cachecore.Use(left, cachecore.NewDep("left"))
	cachecore.Use(right, cachecore.NewDep("right"))
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want map[string]bool
	}{
		{"outer", outer, map[string]bool{"before": true, "left": true, "right": true}},
		// An answer made inside may depend on all data that was read outside.
		{"left", left, map[string]bool{"before": true, "left": true, "right": true}},
	} {
		got := map[string]bool{}
		for _, id := range idsOf(t, sentWith(tt.ctx, t)) {
			got[id] = true
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s sent %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestTrack_ConcurrentUse(t *testing.T) {
	t.Parallel()
	ctx := cachecore.Track(t.Context())
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			cachecore.Use(ctx, cachecore.NewDep("doc:"+strings.Repeat("x", i+1)))
			_ = sentWith(ctx, t)
		})
	}
	wg.Wait()
	if n := len(idsOf(t, sentWith(ctx, t))); n != 50 {
		t.Errorf("%d deps recorded, want 50", n)
	}
}

// Two contexts may record one id with different wholes: each coarsens it to its
// own.
func TestTrack_CoarsensToItsOwnWholes(t *testing.T) {
	t.Parallel()
	base := cachecore.WithDeps(t.Context(), cachecore.NewDep("b:1"))
	for _, order := range []string{"order:A", "order:B"} {
		ctx := cachecore.Track(base)
		cachecore.Use(ctx, cachecore.NewDep("item:"+strings.Repeat("x", 90)).PartOf(cachecore.NewDep(order)))
		got := idsOf(t, sentWith(ctx, t, cachecore.WithHeaderBudget(150)))
		if strings.Join(got, " ") != "b:1 "+order {
			t.Errorf("sent %v, want b:1 and %s", got, order)
		}
	}
}

// A dep made by hand does not know the relations of the generated one.
func TestUse_KeepsTheGroupsOfALaterDep(t *testing.T) {
	t.Parallel()
	ctx := cachecore.Track(t.Context())
	doc := cachecore.NewDep("doc:1")
	cachecore.Use(ctx, doc)
	cachecore.Use(ctx, doc.GroupedBy(cachecore.NewDep("user:1")))
	cachecore.Use(ctx, doc)
	if got := idsOf(t, sentWith(ctx, t)); !slices.Equal(got, []string{"doc:1", "user:1"}) {
		t.Errorf("got %v", got)
	}
}
