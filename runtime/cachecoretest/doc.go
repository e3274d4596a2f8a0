// Package cachecoretest helps to test code that tags LLM requests and
// invalidates cached answers.
//
// A [Recorder] needs no server. It replaces the invalidator and the HTTP
// client, and has assertions on the invalidations and requests that it
// receives. A [Gateway] runs the local gateway in the test process, on a
// loopback address, with scripted answers, a clock that the test advances, and
// faults.
//
//	rec := cachecoretest.NewRecorder(t)
//	svc := contracts.New(db, openai.NewClient(option.WithHTTPClient(rec.HTTPClient())))
//
//	err := svc.Rename(cachecore.WithInvalidator(ctx, rec), "contract-123", "New title")
//	…
//	rec.RequireInvalidated(deps.DepDoc("contract-123"))
//
// [Recorder.RequireDistinct] finds requests that a gateway could answer with the
// answer to a similar question.
//
// Both fail the test at its end if a request with deps went uncached, because
// of an invalid dep, one id with two hashes, or deps that do not fit.
// [AllowDegraded] turns this off. Only the Recorder or Gateway that received
// the request fails its test, so tests that run in parallel do not fail each
// other.
package cachecoretest
