// Package devgateway is a local gateway that speaks the wire protocol of the
// Cachecore gateway to any client in any language. It is an http.Handler, and
// Serve answers the requests of a listener until a context ends. The
// command depgen gateway serves it on a loopback address, and tests serve it in
// process.
//
//	g, err := devgateway.New(devgateway.WithSecret(secret))
//	…
//	token, err := devgateway.Mint(secret, devgateway.Claims{Tenant: "acme"})
//	server := httptest.NewServer(g)
//
// It answers POST /v1/chat/completions, POST /v1/invalidate and GET /healthz.
// It finds exact matches only (L1), unless [WithSimilar] lets it answer similar
// questions too (HIT_L2).
//
// # Authentication
//
// A token in X-Cachecore-Token, or else a gateway token in Authorization, names
// the tenant. A token that cannot be verified is refused. A request without a
// token whose Authorization is the upstream's own key is a bypass: the gateway
// forwards it, does not look it up or keep its answer, and limits the rate per
// client address.
//
// # Conditions for a hit
//
// A hit needs the same bytes in the same namespace (tenant, policy version,
// system messages, tools, roles and scope), within the windows that the token
// claims. The entry also has to carry each dep of the request, with the same
// hash. Otherwise the gateway could serve an answer that an invalidation of
// that dep has not reached.
//
// The gateway answers 400 to a deps header that breaks the protocol.
// Well-formed deps that are too many or too long, or that give one id two
// hashes, make the request a bypass and log a warning: a call must not fail
// because of the cache.
//
// # Similar questions
//
// With [WithSimilar], a request that has no exact match is answered from the
// entry whose user messages are the most similar, as published by the hosted
// gateway: in the same namespace, for the same model, in the same form, within
// the windows, and with deps that are current. These need not be the deps of
// the request. The gateway adds no stricter rule, because it would hide what
// happens in production. It logs a warning if the deps differ.
//
// # Cached answers
//
// The gateway keeps a JSON answer with status 200 and choices, or a stream that
// reached its end mark, unless it contains an error. Identical requests wait
// for the one that calls the upstream, but no longer than the upstream's
// timeout. A client that reads no more of its answer for 30 seconds is dropped.
// A client that sends no more of its body for 30 seconds is answered 408.
//
// # Reasons
//
// The header Cache-Status (RFC 9211) tells why an answer is a hit or a miss: the
// first request with a question, the place where the body differs from that of
// an earlier one, the part of the namespace that differs, a dep that the entry
// lacks, its age, an invalidation, or the reason why an earlier answer was not
// kept. Reasons are based on requests of the same tenant, and contain values of
// bodies only for callers with the same permissions.
//
// # Debug page
//
// [WithDebugPage] serves a page at /debug/ with the latest requests and their
// reasons, the entries by dep, and what invalidations have dropped. It answers
// requests of the same machine only.
//
// # Versions and late fills
//
// The new hash of an invalidation becomes the dep's current hash. From then on
// the gateway does not keep answers with another hash. It does not matter
// whether the request began before the invalidation (a late fill) or after it.
//
// The default hash "v1" is ambiguous: clients send it for data without a
// version, and for the version "v1". The last invalidation of the dep decides.
// If its new hash is a random UUID, which clients and this gateway make for
// data without a version, the gateway keeps answers with "v1", late fills too,
// like the hosted gateway. After any other new hash, "v1" is a version like all
// others. [WithStrictHash] makes it a version in every case.
//
// Use a dep with versions everywhere or nowhere. Mixing them costs hits. After
// an invalidation without a version, answers with a version are not kept; after
// one with a version, answers without a version are not kept.
package devgateway
