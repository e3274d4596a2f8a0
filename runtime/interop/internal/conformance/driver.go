package conformance

import (
	"context"
	"strings"

	"github.com/depgen/depgen/runtime/cachecore"
)

// SDK is an SDK's client, ready to call. Its system message ends with the line
// of [cachecore.Scope].
type SDK interface {
	// Ask returns the text of a whole answer.
	Ask(ctx context.Context, question string) (string, error)

	// Stream calls piece for each piece of a streamed answer's text.
	Stream(ctx context.Context, question string, piece func(string)) error
}

// Driver builds an SDK's client, and describes how the SDK differs from others.
type Driver struct {
	// Wire is the API that the SDK speaks.
	Wire Wire

	// New builds the SDK's client with the SDK's own key, for the gateway at
	// the given URL, which has no /v1.
	New func(client *cachecore.Client, gateway, key string) (SDK, error)

	// Retries reports whether the SDK sends a request up to three times when it
	// is answered 503 or 429.
	Retries bool

	// RefusesRedirect reports whether the SDK refuses redirects to another
	// origin.
	RefusesRedirect bool

	// MissesPlainJSON reports whether the SDK asks for a stream and reads a
	// plain JSON answer as a stream without pieces.
	MissesPlainJSON bool

	// Federated builds the SDK's client without a key. The SDK then requests a
	// credential through the injected client, from a path that ends in
	// /oauth/token. Federated is nil if the SDK does not support this.
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
