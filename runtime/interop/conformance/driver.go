package conformance

import (
	"context"
	"strings"

	"github.com/depgen/depgen/runtime/cachecore"
)

// SDK is an SDK's client, ready to call.
type SDK interface {
	// Ask returns the text of a whole answer.
	Ask(ctx context.Context, question string) (string, error)

	// Stream calls piece for each piece of a streamed answer's text.
	Stream(ctx context.Context, question string, piece func(string)) error
}

// Driver says how to use an SDK, and how it differs from others.
type Driver struct {
	// Wire is the API that it speaks.
	Wire Wire

	// New builds it for the gateway at the given URL, which has no /v1, with the
	// key that it has of its own.
	New func(client *cachecore.Client, gateway, key string) (SDK, error)

	// Retries says that it sends a request up to three times when it is answered
	// 503 or 429.
	Retries bool

	// RefusesRedirect says that it follows no redirect to another origin.
	RefusesRedirect bool

	// MissesPlainJSON says that it takes plain JSON, in answer to a request for a
	// stream, for a stream without pieces.
	MissesPlainJSON bool

	// Federated builds it without a key, so that it requests a credential through
	// the injected client, of a path that ends in /oauth/token. Nil if it cannot.
	Federated func(client *cachecore.Client, gateway string) (SDK, error)
}

// mode is one of the two ways to ask.
type mode struct {
	name string
	ask  func(context.Context, SDK, string) (string, error)
}

var modes = []mode{{"JSON", askWhole}, {"Stream", askStream}}

func askWhole(ctx context.Context, sdk SDK, question string) (string, error) {
	return sdk.Ask(ctx, question)
}

func askStream(ctx context.Context, sdk SDK, question string) (string, error) {
	var text strings.Builder
	err := sdk.Stream(ctx, question, func(piece string) { text.WriteString(piece) })
	return text.String(), err
}
