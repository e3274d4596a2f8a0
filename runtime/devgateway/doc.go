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
// Authorization that is the upstream's own key, a request is a bypass: forwarded,
// neither looked up nor kept, and limited per client address.
//
// # What a hit needs
//
// The same bytes, in the same namespace (tenant, policy version, system
// messages, tools, roles and scope), within the windows that the token claims. An
// entry also has to carry each dep of the request, with the same hash: otherwise
// an answer could be served that an invalidation of that dep would not have reached.
//
// # What is kept
//
// A JSON answer with status 200 and choices, or a stream that came to its end
// mark, unless it speaks of an error. Identical requests wait for the one that
// asks the upstream, but no longer than the upstream's time. A client that takes
// no more of its answer for 30 seconds is dropped.
//
// # Late fills
//
// An answer whose request began before an invalidation of one of its deps and
// ends after it is kept, as by the hosted gateway, if the dep has the default
// hash "v1". With another hash it is refused, and so is an entry that is already
// there, once the dep's current hash is known to differ. [WithStrictHash] treats
// "v1" as the others.
package devgateway
