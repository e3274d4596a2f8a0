// Package cachecore tags LLM requests with the data that their answers depend
// on, and invalidates the cached answers when that data changes.
//
// A [Client] gives one tenant access to a Cachecore gateway. Its [Transport]
// works with any SDK that accepts an http.Client. The context of a request
// carries the deps, the data that its answer depends on:
//
//	client, err := cachecore.New("https://gateway.example.com", token)
//	llm := openai.NewClient(option.WithHTTPClient(client.HTTPClient()), …)
//
//	ctx = cachecore.WithDeps(ctx, deps.DepDoc("contract-123"))
//	answer, err := llm.Chat.Completions.New(ctx, params)
//
//	// after the contract has changed:
//	err = deps.InvalidateDoc(cachecore.WithInvalidator(ctx, client), "contract-123")
//
// depgen generates the functions DepDoc and InvalidateDoc from a schema of the
// kinds of data, so that a misspelled name does not compile.
//
// When in doubt, the request goes uncached. A dep that cannot be sent turns its
// request into a bypass; the request does not fail. [Call.Status] reports the
// reason, and the client logs it as an error, except for [ErrUncommitted],
// which is no mistake. An invalidation returns its error.
//
// # Similar questions
//
// A gateway may answer a request from a similar question: [HitL2]. It compares
// user messages, inside a namespace that the system message is a part of. A
// system message that ends with the line of [Scope] keeps requests about
// different data apart. [ExactOnly] refuses such answers.
//
// # Late fills
//
// A request may begin before an invalidation and its answer may be written to
// the cache after it. Such an entry would stay. Three mechanisms prevent this,
// each in a different case:
//
//   - A versioned kind is safe in every process, because the entry carries the
//     version of the data that it was made from.
//   - For the other kinds, the clients of one process with the same gateway and
//     token share a record of their requests in flight. They invalidate again
//     after each request that carries the dep ends.
//   - [WithSecondPass] covers requests of other processes. It repeats every
//     invalidation once, later, and so covers the requests that end in between.
//
// A versioned dep that was replaced by a whole to fit into the header counts as
// one of the other kinds: see [WithHeaderBudget].
//
// Data may also be read before an invalidation for a request that is sent after
// it. Only a version covers this case: give the kind a version, or read the
// data and send the request close together.
//
// # Order
//
// Within one client, the version of a dep that was asked for last is the last
// one sent, however its invalidations are retried. Two clients have no such
// order: see the guide.
package cachecore
