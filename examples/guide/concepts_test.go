package guide

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
)

func TestAnAnswerIsCachedUntilItsDataChanges(t *testing.T) {
	t.Parallel()
	d, _, ctx := newDesk(t)
	one := func(ctx context.Context) (string, error) { return d.Ask(ctx, contract) }
	s := &session{T: t}
	s.ask(ctx, "Ask(contract-123)", one)
	s.ask(ctx, "Ask(contract-123)", one)
	s.change(ctx, d, "contract-456", "90 days' notice")
	s.ask(ctx, "Ask(contract-123)", one)
	s.change(ctx, d, contract, "14 days' notice")
	s.ask(ctx, "Ask(contract-123)", one)
	golden(t, "cached.txt", s.String())
}

func TestPartOfReachesTheWhole(t *testing.T) {
	t.Parallel()
	d, _, ctx := newDesk(t)
	s := &session{T: t}
	s.ask(ctx, "AskAll()", d.AskAll)
	s.ask(ctx, "AskAll()", d.AskAll)
	s.change(ctx, d, contract, "95 days' notice")
	s.ask(ctx, "AskAll()", d.AskAll)
	golden(t, "part_of.txt", s.String())
}

func TestGroupedByReachesTheGroup(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	user := uuid.MustParse("3f1c2d7e-9a41-4c55-8f0e-0d1b7a2f6c11")

	ctx := cachecore.WithDeps(t.Context(), deps.DepNote(user, 7))
	_, err := d.complete(ctx, "What does the note say?")
	check(t, err)

	rec.RequireTagged(deps.DepNote(user, 7), deps.DepUser(user))

	ctx = cachecore.WithInvalidator(t.Context(), rec)
	check(t, deps.InvalidateNote(ctx, user, 7))
	rec.RequireInvalidated(deps.DepNote(user, 7))
	rec.RequireNotInvalidated(deps.DepUser(user))
}

func TestIDsAndHashes(t *testing.T) {
	t.Parallel()
	user := uuid.MustParse("3f1c2d7e-9a41-4c55-8f0e-0d1b7a2f6c11")
	var out strings.Builder
	for _, dep := range []cachecore.Dep{
		deps.DepTable(deps.TableDocs),
		deps.DepDoc("contract-123"),
		deps.DepDoc("a/b:c%"),
		deps.DepNote(user, 7),
		deps.DepPrice("A-1", 42),
		cachecore.NewCompositeDep("file", "a/b", "50%"),
	} {
		fmt.Fprintf(&out, "%-43s %s\n", dep.ID(), dep.Hash())
	}
	golden(t, "ids.txt", out.String())
}
