// Package cachecoretest helps to test code that tags LLM requests and
// invalidates cached answers.
//
// A [Recorder] needs no server: it takes the place of the invalidator and of
// the HTTP client, and asserts what went through it. A [Gateway] is the local
// gateway in process, on a loopback address, with scripted answers, a clock
// that the test advances, and faults.
//
//	rec := cachecoretest.NewRecorder(t)
//	svc := contracts.New(db, openai.NewClient(option.WithHTTPClient(rec.HTTPClient())))
//
//	err := svc.Rename(cachecore.NewContext(ctx, rec), "contract-123", "New title")
//	…
//	rec.RequireInvalidated(deps.DepDoc("contract-123"))
//
// Both fail the test at its end if a request went uncached against its
// declaration (an invalid dep, one id with two hashes, deps that do not fit),
// unless [AllowDegraded] is given. That is the one that the request came to, so
// tests that run in parallel do not fail each other.
package cachecoretest
