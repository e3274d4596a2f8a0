// Package sdk runs the conformance suite over third-party SDKs, in the versions
// that go.mod requires. Each test file contains the code for one SDK; the page
// docs/sdks.md quotes them. Genkit is in a module of its own, because a build
// cannot contain both its dependencies and those of Anthropic's SDK.
package sdk
