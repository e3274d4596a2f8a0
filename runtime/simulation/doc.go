// Package simulation shows what is left in the cache after a while of writes,
// questions and faults, for several strategies to keep it in step with the data.
// It holds tests alone:
//
//	go test -v ./runtime/simulation
//	go test -v ./runtime/simulation -args -writes 25000          100,000 in all, as in CI
//	go test -v ./runtime/simulation -args -seed 3 -writes 100000
//
// # The model
//
// There are documents, each with a true version. Writers change one and then
// invalidate it; some callers hang up just after the commit. Readers ask about
// one, and are answered from the version that it had when the request began,
// however long the model took and however often the SDK sent the question again;
// some hang up. Processes share a gateway: the engine of package devgateway as it
// is, before a model that takes up to 10 s. The client is that of package
// cachecore as it is. Only the network between them is made up, because a socket
// would stop virtual time (testing/synctest), in which an hour takes a second.
//
// The weather on that network is mostly fair. Then, for up to 15 s, connections
// break before, while or after the gateway works on the request, or something in
// between answers 500, whether or not the gateway got the request, or 429; or
// requests arrive up to 12 s late, after their sender has given up; or the gateway
// is down, and may come back empty. An answer that the sender no longer waits for
// is cached all the same.
//
// When the writers are done, the processes have ended in order, and nothing is
// under way any more, each document's cached answer is looked up without a dep,
// and so whatever its version: one older than the document is old in the cache.
// Documents without any are asked about, to fill the cache. Then each is asked
// about as a reader does. An old answer that a reader gets is stale for ever: until
// it expires, which here it does not.
//
// Streams, refreshes after stale hits, and expiry are not in the model. What the
// client does about the first two, unit tests of package cachecore show; expiry is
// the gateway's, and tested in package devgateway.
//
// # What the table shows
//
// Bad weather ends before a client stops trying, after 30 s, so it loses no
// invalidation, but in two rows: in that with crashes (of a process between commit
// and call), and in that with outages (of 40 s and more, for which the client does
// not try; a caller who is still there calls again).
//
// Where nothing may be stale for ever, the test fails if something is, and prints
// the story of the document. It also fails if too little is served from the cache
// to tell. For the other rows it shows what there is; after fire and forget, and
// after a second pass that comes too soon, there has to be something, or the faults
// would be too weak.
//
//   - One process knows its own requests in flight. Of three, none knows those of
//     the others, until the second pass comes after the longest time that a
//     question takes, all attempts included; one that comes sooner misses some. It
//     also empties the cache of what is written often.
//   - A reader of a versioned kind names the version that it has read, and the
//     gateway answers from an entry with the same one only. That alone makes stale
//     for ever 0. Beside it, the gateway refuses to keep an answer of another
//     version than the last invalidation named, which protects those who name
//     none. The test fails if that leaves more than a fifth of what is old in the
//     cache of three processes without versions. A few get in after a restart, in
//     which the gateway forgets the versions, or after two invalidations that
//     overtake each other. After the latter the gateway takes an old version for
//     the current one, and does not cache the document until its next invalidation.
//
// The seed determines writes, questions and weather. The clients' jitter is their
// own, so a second run with the same seed is alike, but not the same.
package simulation
