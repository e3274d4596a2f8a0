// Package sdk runs the conformance suite over SDKs that others wrote, in the
// versions that go.mod names. Each test file holds what one of them needs; the
// page docs/sdks.md quotes them. Genkit is in a module of its own, because no
// build can hold both its dependencies and those of Anthropic's SDK.
package sdk
