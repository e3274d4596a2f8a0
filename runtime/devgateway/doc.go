// Package devgateway is a local gateway that speaks the wire protocol of the
// Cachecore gateway to any client in any language. It is an http.Handler: the
// command depgen gateway serves it on a loopback address, and tests serve it in
// process.
//
//	g, err := devgateway.New(devgateway.WithSecret(secret))
//	…
//	token, err := devgateway.Mint(secret, devgateway.Claims{Tenant: "acme"})
//	server := httptest.NewServer(g)
//
// It answers POST /v1/chat/completions, POST /v1/invalidate and GET /healthz.
// There are exact matches only (L1): it never answers HIT_L2.
//
// # Who is asking
//
// A token in X-Cachecore-Token, or else a gateway token in Authorization, names
// the tenant; one that does not verify is refused. Without a token, and with an
// Authorization that is the upstream's own key, a request is a bypass:
// forwarded, neither looked up nor kept, and limited per client address.
//
// # What a hit needs
//
// The same bytes, in the same namespace (tenant, policy version, system
// messages, tools, roles and scope), within the windows that the token claims.
// An entry also has to carry each dep of the request, with the same hash:
// otherwise an answer could be served that an invalidation of that dep would
// not have reached.
//
// A deps header that breaks the protocol is answered 400. Deps that are right,
// but too many or too long, or of one id with two hashes, make the request a
// bypass with a warning in the log: a call must not fail because of the cache.
//
// # What is kept
//
// A JSON answer with status 200 and choices, or a stream that came to its end
// mark, unless it speaks of an error. Identical requests wait for the one that
// asks the upstream, but no longer than the upstream's time. A client that
// takes no more of its answer for 30 seconds is dropped, and one that sends no
// more of its body for as long is answered 408.
//
// # Versions and late fills
//
// The new hash of an invalidation becomes the dep's current hash, and an answer
// with another hash is not kept from then on, whether its request began before
// the invalidation (a late fill) or after it.
//
// The default hash "v1" is ambiguous: clients send it for data without a
// version, and for the version "v1". The last invalidation of the dep decides.
// If its new hash is a random UUID, which clients and this gateway make for
// data without a version, answers with "v1" are kept, late fills too, as by the
// hosted gateway. After any other new hash, "v1" is a version like all others.
// [WithStrictHash] makes it one in each case.
//
// Use a dep with versions everywhere or nowhere. A mix costs hits: after an
// invalidation without a version, answers with a version are not kept, and
// after one with a version, answers without.
package devgateway
