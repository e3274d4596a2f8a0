package schema

import (
	"fmt"
	"slices"
	"testing"
)

func TestClosure(t *testing.T) {
	t.Parallel()
	file, problems := Parse("deps.yaml", []byte(`
version: 1
kinds:
  table: {values: [orgs, teams]}
  org: {id: int, part_of: [{table: orgs}]}
  team: {id: [{org: int}, {number: int}], part_of: [{org: $org}, {table: teams}]}
  match: {id: [{a: int}, {b: int}], part_of: [{team: [$b, $a]}, {team: [$a, $a]}, {org: $b}]}
  desk: {id: int}
  seat: {id: [{desk: int}, {number: int}], grouped_by: [{desk: $desk}]}
  guest: {id: [{number: int}, {desk: int}], part_of: [{table: teams}], grouped_by: [{seat: [$desk, $number]}]}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i, want := range []struct{ partOf, groupedBy []string }{
		{},
		{partOf: []string{"table orgs"}},
		{partOf: []string{"org $org", "table orgs", "table teams"}},
		{partOf: []string{"team [$b, $a]", "org $b", "table orgs", "table teams", "team [$a, $a]", "org $a"}},
		{},
		{groupedBy: []string{"desk $desk"}},
		{[]string{"table teams"}, []string{"seat [$desk, $number]", "desk $desk"}},
	} {
		k := file.Kinds[i]
		if got := targets(Closure(k, PartOf)); !slices.Equal(got, want.partOf) {
			t.Errorf("%s is part of %q, want %q", k.Name, got, want.partOf)
		}
		if got := targets(Closure(k, GroupedBy)); !slices.Equal(got, want.groupedBy) {
			t.Errorf("%s is grouped by %q, want %q", k.Name, got, want.groupedBy)
		}
	}
}

func targets(all []Target) []string {
	var texts []string
	for _, target := range all {
		texts = append(texts, fmt.Sprint(target))
	}
	return texts
}
