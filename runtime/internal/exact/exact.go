// Package exact marks the contexts of requests that accept no answer to a
// similar question, for the client and for its test kit.
package exact

import "context"

type key struct{}

// With returns a context whose requests accept no answer to a similar question.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// In reports whether ctx comes from [With].
func In(ctx context.Context) bool { return ctx.Value(key{}) != nil }
