// Package conformance holds what an SDK that someone else wrote has to do when
// it sends its requests through a client of package cachecore, as tests that run
// over any SDK. A [Driver] says how to build one and call it; [Run] is the suite.
//
// The servers are real ones on loopback, which record what arrives. Where a test
// waits, it waits for an event, not for a time.
package conformance
