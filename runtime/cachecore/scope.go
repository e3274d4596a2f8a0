package cachecore

import (
	"context"
	"crypto/rand"
	"sync"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Scope returns a line to end the system message with, such as "[cache scope
// ayrgpqwqehj8jrq1]". A gateway that also answers similar questions then
// answers the request only from requests of the same scope. These depend on the
// same data in the same versions, and have the same more:
//
//	cachecore.Scope(ctx)                  // similar questions
//	cachecore.Scope(ctx, "notice period") // the same question in other words
//	cachecore.Scope(ctx, question)        // no other question
//
// The line belongs at the end of the first system message. Call Scope after the
// data was read, so that a context of [Track] has recorded it.
//
// Requests of the same scope that differ only in other parameters still share
// an answer, such as the temperature, the response format, the token limit or
// an image. If these make the answer, add them to more.
//
// A gateway compares all user messages of a conversation, so each request is
// similar to the one before. Give each its own scope, with the conversation's
// id, the number of the turn and the question as more.
//
// The line is a hash of more and of all deps of the context, with their groups.
// It is the same in every process and for every order of the deps. It does not
// show the ids, but a reader who can guess all of them can check the guess.
// Scope returns an empty string without deps and more. Deps in a header written
// by hand are not part of it.
//
// If the deps cannot be sent, the request is a bypass: see [CacheStatus.Err].
// Scope then returns a new random line at each call, so that no other data
// shares it.
func Scope(ctx context.Context, more ...string) string {
	set := effective(ctx)
	switch {
	case set.empty() && len(more) == 0:
		return ""
	case set.empty():
		return wire.Scope(wire.ScopeDeps(nil), more)
	case set.err != nil:
		return wire.Scope(wire.ScopeDeps(nil), []string{rand.Text()})
	}
	return set.scope.of(set, more)
}

// setScope contains the results of [Scope] for a set.
type setScope struct {
	once sync.Once
	deps []byte
	line string // without more
}

func (s *setScope) of(set *depSet, more []string) string {
	s.once.Do(func() {
		s.deps = wire.ScopeDeps(elements(set.deps, make([]wire.Dep, 0, someDeps)))
		s.line = wire.Scope(s.deps, nil)
	})
	if len(more) == 0 {
		return s.line
	}
	return wire.Scope(s.deps, more)
}
