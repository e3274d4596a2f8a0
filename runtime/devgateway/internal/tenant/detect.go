package tenant

import (
	"net/http"
	"regexp"
	"slices"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// anyToken matches a gateway token, valid or not, with any text around it: the
// prefix of a token, or the first two parts of a JWT. A JWT begins with {" in
// base64.
var anyToken = regexp.MustCompile(`\b` + wire.TokenPrefix + `|eyJ[\w-]*=*\.[\w-]*=*\.`)

// holdsToken reports whether s contains a gateway token. Any other Authorization
// header is taken for the upstream's own key.
func holdsToken(s string) bool { return anyToken.MatchString(s) }

// UpstreamKey returns the Authorization to forward: the client's own, unless it
// contains a token of this or another gateway.
func UpstreamKey(h http.Header) string {
	if slices.ContainsFunc(h["Authorization"], holdsToken) {
		return ""
	}
	return h.Get("Authorization")
}
