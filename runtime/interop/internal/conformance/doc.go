// Package conformance tests whether a third-party SDK works with a client of
// package cachecore as its transport. A [Driver] builds an SDK and calls it;
// [Run] runs the suite over it.
//
// The servers are real ones on loopback, and record the requests that they
// receive. Tests wait for events, not for times.
package conformance
