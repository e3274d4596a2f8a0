// Package simulation tests several strategies to keep the cache consistent with
// the data. It shows which answers remain in the cache after a while of writes,
// questions and faults. It contains tests only:
//
//	go test -v ./runtime/internal/simulation
//	go test -v ./runtime/internal/simulation -args -writes 25000          100,000 in all, as in CI
//	go test -v ./runtime/internal/simulation -args -seed 3 -writes 100000
//
// # The model
//
// Each document has a true version. Writers change a document and then
// invalidate it; some callers hang up just after the commit. Readers ask about
// a document. An answer is based on the version that the document had when the
// request began, however long the model took and however often the SDK sent the
// question again. Some readers hang up. Processes share a gateway: the
// unchanged engine of package devgateway, in front of a model that takes up to
// 10 s. The client is the unchanged client of package cachecore. Only the
// network between them is simulated, because a socket would stop virtual time
// (testing/synctest), where an hour takes a second.
//
// The weather on that network is mostly fair. In bad weather, which lasts up to
// 15 s, one of these faults occurs:
//
//   - Connections break before, while or after the gateway works on the
//     request.
//   - An intermediary answers 500, whether or not the gateway got the request,
//     or 429.
//   - Requests arrive up to 12 s late, after their sender has given up.
//   - The gateway is down, and may come back empty.
//
// The gateway caches an answer even if the sender no longer waits for it.
//
// At the end, the writers are done, the processes have shut down in order, and
// no work is in progress. Each document's cached answer is then looked up
// without a dep, and so in any version. An answer older than the document is
// old in the cache. Documents without a cached answer are asked about, to fill
// the cache. Then each document is asked about the way a reader does. An old
// answer that a reader gets is stale for ever: until it expires, which does not
// happen here.
//
// Streams, refreshes after stale hits, and expiry are not in the model. Unit
// tests of package cachecore test how the client handles the first two. The
// gateway handles expiry, which package devgateway tests.
//
// # The table
//
// Bad weather ends before a client stops trying, after 30 s, so the client
// loses no invalidation. There are two exceptions: the row with crashes (of a
// process between commit and call), and the row with outages (of 40 s and more,
// longer than the client tries; a caller who has not left calls again).
//
// In rows that must not have answers that are stale for ever, the test fails if
// it finds one, and prints the story of the document. It also fails if too few
// answers come from the cache to tell. For the other rows it shows the count.
// After fire and forget, and after a second pass that comes too soon, the count
// must not be 0: otherwise the faults would be too weak.
//
//   - One process knows its own requests in flight. Three processes do not know
//     each other's, so they need a second pass after the longest time that a
//     question takes, including all attempts. A second pass that comes sooner
//     misses some. It also removes documents that are written often from the
//     cache.
//   - The hot rows test that equal invalidations may share requests. One
//     process changes few documents all the time, and others read them. The
//     model answers at once, so no answer is late. The answer to an
//     invalidation takes long, so documents change after the gateway has
//     carried it out. A call that joins an invalidation which has begun, as
//     package singleflight does, leaves stale answers. A call that shares a
//     request which starts later leaves none.
//   - A reader of a versioned kind names the version that it has read, and the
//     gateway answers only from an entry with the same version. That alone
//     makes stale for ever 0. In addition, the gateway refuses to keep an
//     answer of a version other than the one in the last invalidation, which
//     protects readers that do not name a version. The test fails if this
//     leaves more than a fifth of the old answers that the cache of three
//     processes without versions has. A few get in after a restart, because the
//     gateway forgets the versions, or after two invalidations that overtake
//     each other. After the latter, the gateway takes an old version for the
//     current one, and does not cache the document until its next invalidation.
//
// The seed determines writes, questions and weather. The clients' jitter does
// not depend on it, so a second run with the same seed is similar, but not the
// same.
package simulation
