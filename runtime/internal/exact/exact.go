// Package exact marks the contexts of requests that accept no answer to a
// similar question, for the client and for its test kit.
package exact

import (
	"context"
	"net/http"
)

type (
	key     struct{}
	sentKey struct{}
)

// With returns a context whose requests accept no answer to a similar question.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// In reports whether ctx comes from [With].
func In(ctx context.Context) bool { return ctx.Value(key{}) != nil }

// WithSent returns the context of the event of a refused answer. It carries the
// request as it was sent, which contains the token.
func WithSent(ctx context.Context, req *http.Request) context.Context {
	return context.WithValue(ctx, sentKey{}, req)
}

// Sent returns the request of [WithSent], or nil.
func Sent(ctx context.Context) *http.Request {
	req, _ := ctx.Value(sentKey{}).(*http.Request)
	return req
}
